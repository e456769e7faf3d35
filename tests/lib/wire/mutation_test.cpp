#include <boost/test/unit_test.hpp>

#include "lib/wire/frame.h"
#include "lib/wire/message.h"
#include "tests/lib/wire/everything.h"
#include "tests/lib/wire/spoiler.h"

// Valid bytes, spoilt at random: the sanitizers watch, and what is still accepted must mean
// something.

namespace {

using namespace everything;
using spoiler::Spoiler;

// No more comes out than went in.
void check_stream(std::string_view bytes, Spoiler& random) {
    const auto whole = bytes.size();
    wire::FrameDecoder decoder;
    std::size_t taken = 0;
    while (!bytes.empty()) {
        auto piece = bytes.substr(0, 1 + random.below(700));
        bytes.remove_prefix(piece.size());
        decoder.feed(piece);
        auto frame = decoder.next();
        for (; frame && *frame; frame = decoder.next())
            taken += (*frame)->size() + wire::frame_header;
        if (!frame) break;
    }
    BOOST_TEST(taken <= whole);
}

BOOST_AUTO_TEST_SUITE(mutation)

BOOST_AUTO_TEST_CASE(spoilt_values_are_refused_or_mean_what_they_say) {
    const auto whole = encoded<wire::Absent::written>(sample());
    std::size_t accepted = 0;
    for (auto seed : spoiler::seeds) {
        Spoiler spoiler{seed};
        for (int i = 0; i < 5'000; ++i) {
            auto unknown = i % 2 == 0 ? wire::Unknown::refused : wire::Unknown::ignored;
            auto got = decoded(spoiler.spoil(whole), unknown);
            if (!got) {
                BOOST_TEST((got.error().code == Errc::bad_request), seed);
                continue;
            }
            ++accepted;
            BOOST_TEST((decoded(encoded<wire::Absent::written>(*got)).value() == *got), seed);
        }
    }
    BOOST_TEST(accepted > 100U);  // or the test would say nothing of them
}

BOOST_AUTO_TEST_CASE(spoilt_messages_are_refused_or_taken) {
    std::string request;
    std::string reply;
    wire::Packer to_request{request};
    wire::Packer to_reply{reply};
    wire::begin_request(to_request, 77, "job.submit");
    to_request.packed(encoded<wire::Absent::left_out>(sample()));
    wire::put_error(
        to_reply, 77,
        {.code = Errc::over_limit, .message = "no", .retry_after = Millis{5}, .confirmed = false});
    std::size_t requests = 0;
    std::size_t replies = 0;
    for (auto seed : spoiler::seeds) {
        Spoiler spoiler{seed};
        for (int i = 0; i < 5'000; ++i) {
            requests += wire::parse_request(spoiler.spoil(request)).has_value() ? 1 : 0;
            replies += wire::parse_reply(spoiler.spoil(reply)).has_value() ? 1 : 0;
        }
    }
    BOOST_TEST(requests > 100U);
    BOOST_TEST(replies > 100U);
}

BOOST_AUTO_TEST_CASE(a_spoilt_stream_gives_frames_or_an_end_whatever_its_pieces) {
    std::string stream;
    for (auto size : {0U, 1U, 5U, 200U, 3000U}) {
        auto begun = wire::begin_frame(stream);
        stream.append(size, 'x');
        wire::end_frame(stream, begun);
    }
    for (auto seed : spoiler::seeds) {
        Spoiler spoiler{seed};
        for (int i = 0; i < 500; ++i) check_stream(spoiler.spoil(stream), spoiler);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
