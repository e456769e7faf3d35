#include <boost/test/unit_test.hpp>
#include <random>

#include "lib/wire/frame.h"
#include "lib/wire/message.h"
#include "tests/lib/wire/everything.h"

// Valid bytes, spoilt at random: the sanitizers watch, and what is still accepted must mean
// something.

namespace {

using namespace everything;

class Spoiler {
public:
    explicit Spoiler(std::uint32_t seed) : random_(seed) {}

    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>{0, limit - 1}(random_);
    }

    std::string spoil(std::string bytes) {
        auto changes = 1 + below(4);
        for (std::size_t i = 0; i < changes && !bytes.empty(); ++i) change(bytes);
        return bytes;
    }

private:
    void change(std::string& bytes) {
        auto at = below(bytes.size());
        auto byte = static_cast<char>(below(256));
        switch (below(6)) {
            case 0:
                bytes[at] = byte;
                break;
            case 1:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
                break;
            case 2:
                bytes.insert(at, 1, byte);
                break;
            case 3:
                bytes.erase(at, 1 + below(4));
                break;
            case 4:
                bytes.resize(at);
                break;
            default:
                bytes.insert(at, bytes.substr(below(bytes.size()), below(32)));
        }
    }

    std::mt19937 random_;
};

BOOST_AUTO_TEST_SUITE(mutation)

BOOST_AUTO_TEST_CASE(spoilt_values_are_refused_or_mean_what_they_say) {
    const auto whole = encoded<wire::Absent::written>(sample());
    Spoiler spoiler{1};
    std::size_t accepted = 0;
    for (int i = 0; i < 30'000; ++i) {
        auto unknown = i % 2 == 0 ? wire::Unknown::refused : wire::Unknown::ignored;
        auto got = decoded(spoiler.spoil(whole), unknown);
        if (!got) {
            BOOST_TEST((got.error().code == Errc::bad_request));
            continue;
        }
        ++accepted;
        BOOST_TEST((decoded(encoded<wire::Absent::written>(*got)).value() == *got));
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
    Spoiler spoiler{2};
    std::size_t requests = 0;
    std::size_t replies = 0;
    for (int i = 0; i < 30'000; ++i) {
        requests += wire::parse_request(spoiler.spoil(request)).has_value() ? 1 : 0;
        replies += wire::parse_reply(spoiler.spoil(reply)).has_value() ? 1 : 0;
    }
    BOOST_TEST(requests > 100U);
    BOOST_TEST(replies > 100U);
}

BOOST_AUTO_TEST_CASE(a_spoilt_stream_gives_frames_or_an_end_whatever_its_pieces) {
    std::string stream;
    for (std::size_t size : {0, 1, 5, 200, 3000}) {
        auto begun = wire::begin_frame(stream);
        stream.append(size, 'x');
        wire::end_frame(stream, begun);
    }
    Spoiler spoiler{3};
    for (int i = 0; i < 3'000; ++i) {
        wire::FrameDecoder decoder;
        auto spoilt = spoiler.spoil(stream);
        std::size_t taken = 0;
        for (std::size_t at = 0; at < spoilt.size();) {
            auto piece = spoilt.substr(at, 1 + spoiler.below(700));
            at += piece.size();
            decoder.feed(piece);
            auto frame = decoder.next();
            for (; frame && *frame; frame = decoder.next())
                taken += (*frame)->size() + wire::frame_header;
            if (!frame) break;
        }
        BOOST_TEST(taken <= spoilt.size());
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
