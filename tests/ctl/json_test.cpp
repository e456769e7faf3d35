#include "ctl/json.h"

#include <boost/test/unit_test.hpp>

#include "ccd/commands.h"

namespace {

using namespace ccd;
using namespace std::chrono_literals;

struct Mixed {
    Millis age{1500};
    std::optional<Millis> rest;
    Bytes size{2048};
    std::optional<Bytes> limit = Bytes{1};
    WallTime since{1'772'366'400'250ms};
    std::optional<WallTime> until;
    Blob text{"plain"};
    Blob bytes{std::string{"\xff\x00", 2}};
    job::State state = job::State::timed_out;
    std::vector<host::Slots> slots{{.used = 1, .max = 2}};
    std::map<std::string, std::uint32_t> counts{{"a", 1}};
    bool is_good = true;

    static constexpr auto fields = field::List{
        field::required("age", &Mixed::age, ""),
        field::required("rest", &Mixed::rest, ""),
        field::required("size", &Mixed::size, ""),
        field::required("limit", &Mixed::limit, ""),
        field::required("since", &Mixed::since, ""),
        field::required("until", &Mixed::until, ""),
        field::required("text", &Mixed::text, ""),
        field::required("bytes", &Mixed::bytes, ""),
        field::required("state", &Mixed::state, ""),
        field::required("slots", &Mixed::slots, ""),
        field::required("counts", &Mixed::counts, ""),
        field::required("is_good", &Mixed::is_good, ""),
    };
};

BOOST_AUTO_TEST_SUITE(json)

BOOST_AUTO_TEST_CASE(units_stand_in_the_names_and_what_is_absent_is_null) {
    BOOST_TEST(ctl::line_of(ctl::to_json(Mixed{})) ==
               R"({"age_s":1.5,"rest_s":null,"size_bytes":2048,"limit_bytes":1,)"
               R"("since":"2026-03-01T12:00:00.250Z","until":null,"text":"plain",)"
               R"("bytes_base64":"/wA=","state":"timed-out","slots":[{"used":1,"max":2}],)"
               R"("counts":{"a":1},"is_good":true})"
               "\n");
}

BOOST_AUTO_TEST_CASE(a_submit_says_its_number_first) {
    BOOST_TEST(ctl::line_of(ctl::object_of<job::Submit::reply_fields>(job::SubmitReply{
                   .id = 42})) == "{\"id\":42,\"created\":true,\"count\":null,\"warnings\":[]}\n");
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf8_is_replaced_and_the_line_stays_whole) {
    BOOST_TEST(ctl::line_of(ctl::Json(std::string{"a\xff\nb"})) == "\"a\xef\xbf\xbd\\nb\"\n");
}

BOOST_AUTO_TEST_CASE(an_error_has_its_code_its_sentence_and_when_to_ask_again) {
    BOOST_TEST(ctl::line_of(ctl::to_json(Error{.code = Errc::not_found, .message = "no job 7"})) ==
               R"({"error":{"code":"not-found","message":"no job 7","retry_after_s":null}})"
               "\n");
    BOOST_TEST(ctl::line_of(ctl::to_json(Error{.code = Errc::storage_unavailable,
                                               .message = "away",
                                               .retry_after = 2500ms,
                                               .confirmed = false})) ==
               R"({"error":{"code":"storage-unavailable","message":"away","retry_after_s":2.5,)"
               R"("confirmed":false}})"
               "\n");
}

BOOST_AUTO_TEST_CASE(an_event_is_one_object) {
    job::Event event{.seq = 7,
                     .time = WallTime{0ms},
                     .job = 3,
                     .from = job::State::queued,
                     .to = job::State::running,
                     .attempt = 1};
    BOOST_TEST(ctl::line_of(ctl::object_of<job::Events::reply_fields>(event)) ==
               R"({"seq":7,"time":"1970-01-01T00:00:00.000Z","job":3,"from":"queued",)"
               R"("to":"running","attempt":1,"reason":null,"gap":false})"
               "\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
