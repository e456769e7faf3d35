#include "tests/harness/answers.h"

#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

#include "lib/wire/frame.h"
#include "lib/wire/message.h"
#include "tests/harness/requests.h"

namespace ccd::harness {

std::ostream& operator<<(std::ostream& out, const Answers& answers) {
    return out << answers.whole << " answers, " << answers.refused << " refused, in "
               << answers.bytes << " bytes";
}

namespace {

std::string ccd_result(std::uint64_t msgid, std::size_t padding = 0) {
    std::string out;
    auto begun = wire::begin_frame(out);
    wire::Packer packer{out};
    wire::begin_result(packer, msgid);
    packer.text(std::string(padding, 'x'));
    wire::end_frame(out, begun);
    return out;
}

std::string ccd_refusal(std::uint64_t msgid) {
    std::string out;
    auto begun = wire::begin_frame(out);
    wire::Packer packer{out};
    wire::put_error(packer, msgid, {.code = Errc::over_limit, .message = "full"});
    wire::end_frame(out, begun);
    return out;
}

// Whatever is cut off, only whole answers count; the rest, shown again, gives the others.
void check_every_cut(AnswerCounter count, const std::string& bytes, Answers all) {
    BOOST_TEST(count(bytes) == all);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        auto first = count(std::string_view{bytes}.substr(0, cut));
        BOOST_TEST_REQUIRE(first.bytes <= cut);
        auto second = count(std::string_view{bytes}.substr(first.bytes));
        BOOST_TEST(first.bytes + second.bytes == all.bytes);
        BOOST_TEST(first.whole + second.whole == all.whole);
        BOOST_TEST(first.refused + second.refused == all.refused);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(answers)

BOOST_AUTO_TEST_CASE(frames_of_ccd_count_over_any_cut) {
    auto bytes = ccd_result(1) + ccd_result(70'000, 300) + ccd_refusal(200) +
                 ccd_result(std::uint64_t{1} << 40);
    check_every_cut(&ccd_answers, bytes, {bytes.size(), 4, 1});
}

BOOST_AUTO_TEST_CASE(an_item_of_a_stream_is_an_answer) {
    std::string bytes;
    auto begun = wire::begin_frame(bytes);
    wire::Packer packer{bytes};
    wire::begin_item(packer, 7);
    packer.nil();
    wire::end_frame(bytes, begun);
    check_every_cut(&ccd_answers, bytes, {bytes.size(), 1, 0});
}

BOOST_AUTO_TEST_CASE(a_refusal_of_every_msgid_is_seen) {
    for (std::uint64_t msgid : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                                std::uint64_t{65'536}, std::uint64_t{1} << 40}) {
        BOOST_TEST(ccd_answers(ccd_result(msgid)).refused == 0U);
        BOOST_TEST(ccd_answers(ccd_refusal(msgid)).refused == 1U);
    }
}

BOOST_AUTO_TEST_CASE(answers_of_redis_count_over_any_cut) {
    std::string bytes = "+OK\r\n$5\r\nab\r\nc\r\n:12\r\n-ERR no\r\n$-1\r\n$0\r\n\r\n$3\r\n$9\r\r\n";
    check_every_cut(&redis_answers, bytes, {bytes.size(), 7, 2});
}

BOOST_AUTO_TEST_CASE(answers_of_beanstalkd_count_over_any_cut) {
    std::string bytes = "INSERTED 17\r\nUSING default\r\nJOB_TOO_BIG\r\nINSERTED 18\r\n";
    check_every_cut(&beanstalkd_answers, bytes, {bytes.size(), 4, 1});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::harness
