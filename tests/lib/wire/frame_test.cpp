#include "lib/wire/frame.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace {

using namespace ccd;

std::string framed(std::string_view body) {
    std::string frame;
    auto begun = wire::begin_frame(frame);
    frame.append(body);
    wire::end_frame(frame, begun);
    return frame;
}

// Feeds the bytes and collects the bodies that come out.
void feed(wire::FrameDecoder& decoder, std::string_view bytes, std::vector<std::string>& bodies) {
    decoder.feed(bytes);
    for (;;) {
        auto body = decoder.next();
        BOOST_TEST_REQUIRE(body.has_value());
        if (!*body) return;
        bodies.emplace_back(**body);
    }
}

const std::vector<std::string> bodies_of_all_sizes{"a", "", std::string(300, 'x'), "last"};

std::string stream_of_all_sizes() {
    std::string stream;
    for (const auto& body : bodies_of_all_sizes) stream.append(framed(body));
    return stream;
}

BOOST_AUTO_TEST_SUITE(frame)

BOOST_AUTO_TEST_CASE(a_frame_is_its_length_in_four_big_endian_bytes_and_its_body) {
    BOOST_TEST(framed(std::string(0x0102, 'x')).substr(0, 5) == std::string("\0\0\x01\x02x", 5));
}

BOOST_AUTO_TEST_CASE(frames_come_out_whole_wherever_the_stream_is_cut_in_two) {
    auto stream = stream_of_all_sizes();
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        wire::FrameDecoder decoder;
        std::vector<std::string> bodies;
        feed(decoder, stream.substr(0, cut), bodies);
        feed(decoder, stream.substr(cut), bodies);
        BOOST_TEST((bodies == bodies_of_all_sizes), "cut at " << cut);
        BOOST_TEST(!decoder.is_partial());
    }
}

BOOST_AUTO_TEST_CASE(frames_come_out_whole_when_the_bytes_come_one_by_one) {
    wire::FrameDecoder decoder;
    std::vector<std::string> bodies;
    for (char byte : stream_of_all_sizes()) feed(decoder, {&byte, 1}, bodies);
    BOOST_TEST((bodies == bodies_of_all_sizes));
}

BOOST_AUTO_TEST_CASE(what_is_kept_can_be_taken_before_more_comes_and_after) {
    auto stream = stream_of_all_sizes();
    wire::FrameDecoder decoder;
    std::vector<std::string> bodies;
    {
        std::string lent = stream.substr(0, stream.size() - 2);
        decoder.feed(lent);
        decoder.keep();
        lent.assign(lent.size(), '?');
    }
    auto first = decoder.next();
    BOOST_TEST_REQUIRE(first.has_value());
    bodies.emplace_back(first->value());
    decoder.keep();
    feed(decoder, stream.substr(stream.size() - 2), bodies);
    BOOST_TEST((bodies == bodies_of_all_sizes));
}

BOOST_AUTO_TEST_CASE(it_knows_that_it_is_in_the_middle_of_a_frame) {
    wire::FrameDecoder decoder;
    std::vector<std::string> bodies;
    BOOST_TEST(!decoder.is_partial());
    feed(decoder, std::string("\0\0", 2), bodies);
    BOOST_TEST(decoder.is_partial());
    feed(decoder, std::string("\0\x01x", 3), bodies);
    BOOST_TEST(!decoder.is_partial());
}

BOOST_AUTO_TEST_CASE(a_body_may_be_as_long_as_the_limit) {
    wire::FrameDecoder decoder;
    std::vector<std::string> bodies;
    feed(decoder, framed(std::string(wire::frame_limit, 'x')), bodies);
    BOOST_TEST_REQUIRE(bodies.size() == 1U);
    BOOST_TEST(bodies[0].size() == wire::frame_limit);
}

BOOST_AUTO_TEST_CASE(a_length_over_the_limit_is_refused_before_a_byte_of_it_has_come) {
    for (std::string_view header :
         {std::string_view{"\x40\0\0\0", 4},  // 1 GiB
          std::string_view{"\0\x10\0\x01", 4}, std::string_view{"\xff\xff\xff\xff", 4}}) {
        wire::FrameDecoder decoder;
        decoder.feed(header);
        auto refused = decoder.next();
        BOOST_TEST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error().code == Errc::bad_request));
        BOOST_TEST(refused.error().message.find("1048576") != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
