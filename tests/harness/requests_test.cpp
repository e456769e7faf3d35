#include "tests/harness/requests.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "ccd/job.h"

namespace ccd::harness {

BOOST_AUTO_TEST_SUITE(requests)

BOOST_AUTO_TEST_CASE(a_batch_is_as_many_frames_with_numbers_of_their_own) {
    auto bytes = ccd_batch<job::Status>(3, {.ids = {9}});
    wire::FrameDecoder decoder;
    decoder.feed(bytes);
    for (std::uint64_t msgid = 1; msgid <= 3; ++msgid) {
        auto frame = decoder.next();
        BOOST_TEST_REQUIRE((frame && *frame));
        auto head = wire::parse_request(**frame);
        BOOST_TEST_REQUIRE(head.has_value());
        BOOST_TEST(head->msgid == msgid);
        BOOST_TEST(head->method == "job.status");
    }
    BOOST_TEST(!decoder.is_partial());
}

BOOST_AUTO_TEST_CASE(words_for_redis_carry_their_length) {
    BOOST_TEST(redis_request({"GET", "key"}) == "*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n");
}

BOOST_AUTO_TEST_CASE(a_put_for_beanstalkd_carries_its_length) {
    BOOST_TEST(beanstalkd_put("hello") == "put 0 0 60 5\r\nhello\r\n");
}

BOOST_AUTO_TEST_CASE(a_stencil_changes_nothing_but_its_blank) {
    Stencil stencil{"begin ******************** end", "********************", 1};
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        std::string out = "before ";
        stencil.write(out);
        BOOST_TEST(out.starts_with("before begin "));
        BOOST_TEST(out.ends_with(" end"));
        BOOST_TEST(out.find('*') == std::string::npos);
        seen.insert(out);
    }
    BOOST_TEST(seen.size() == 100U);
}

BOOST_AUTO_TEST_CASE(stencils_of_other_seeds_write_something_else) {
    Stencil one{"****************", "****************", 1};
    Stencil other{"****************", "****************", 2};
    std::string first, second;
    one.write(first);
    other.write(second);
    BOOST_TEST(first != second);
}

BOOST_AUTO_TEST_CASE(a_stencilled_submit_is_still_a_submit) {
    job::SubmitRequest submit;
    submit.argv = {"true"};
    submit.key = std::string(32, '*');
    Stencil stencil{ccd_request<job::Submit>(1, submit), *submit.key, 3};
    std::string bytes;
    stencil.write(bytes);
    wire::FrameDecoder decoder;
    decoder.feed(bytes);
    auto frame = decoder.next();
    BOOST_TEST_REQUIRE((frame && *frame));
    auto head = wire::parse_request(**frame);
    BOOST_TEST_REQUIRE(head.has_value());
    auto request = wire::decode<job::SubmitRequest, job::Submit::request_fields>(
        head->params, wire::Unknown::refused);
    BOOST_TEST_REQUIRE(request.has_value());
    BOOST_TEST(request->key->size() == 32U);
    BOOST_TEST(*request->key != *submit.key);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::harness
