#include "lib/wire/message.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace {

using namespace ccd;
using namespace std::string_view_literals;

template <class Write>
std::string written(Write write) {
    std::string bytes;
    wire::Packer packer{bytes};
    write(packer);
    return bytes;
}

std::string request(std::uint64_t msgid, std::string_view method, std::string_view params) {
    return written([=](wire::Packer& packer) {
        wire::begin_request(packer, msgid, method);
        packer.packed(params);
    });
}

std::string error_reply(const Error& error) {
    return written([&](wire::Packer& packer) { wire::put_error(packer, 3, error); });
}

BOOST_AUTO_TEST_SUITE(message)

BOOST_AUTO_TEST_CASE(a_request_has_a_number_a_method_and_params) {
    for (std::uint64_t msgid : {std::uint64_t{0}, std::uint64_t{127}, ~std::uint64_t{0}}) {
        auto body = request(msgid, "job.submit", "\x80");
        auto head = wire::parse_request(body);
        BOOST_TEST_REQUIRE(head.has_value());
        BOOST_TEST(head->msgid == msgid);
        BOOST_TEST(head->method == "job.submit");
        BOOST_TEST(head->params == "\x80");
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused) {
    for (auto body :
         {""sv, "\xc0"sv, "\x80"sv, "\x94"sv, "\x94\x00\x01"sv, "\x93\x00\x01\xa1x"sv,
          "\x95\x00\x01\xa1x\x80\x80"sv, "\x94\x01\x01\xa1x\x80"sv, "\x94\x02\x01\xa1x\x80"sv,
          "\x94\x00\xff\xa1x\x80"sv, "\x94\x00\xa1y\xa1x\x80"sv, "\x94\x00\x01\x02\x80"sv,
          "\x94\x00\x01\xc0\x80"sv, "\x94\x90\x01\xa1x\x80"sv, "\x94\x00\x01\x91\xa1x\x80"sv,
          "\x94\x00\x01\xa0\x80"sv, "\x94\x00\x01\xda\xff\xff"sv, "\xdd\x00\xff\xff\xff"sv,
          "\xc1"sv}) {
        auto head = wire::parse_request(body);
        BOOST_TEST_REQUIRE(!head.has_value());
        BOOST_TEST((head.error().code == Errc::bad_request));
    }
}

BOOST_AUTO_TEST_CASE(a_result_comes_back_with_its_number) {
    auto body = written([](wire::Packer& packer) {
        wire::begin_result(packer, 300);
        packer.map(0);
    });
    auto head = wire::parse_reply(body);
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST(head->msgid == 300U);
    BOOST_TEST(!head->is_item);
    BOOST_TEST(!head->error.has_value());
    BOOST_TEST(head->result == "\x80");
}

BOOST_AUTO_TEST_CASE(an_item_of_a_stream_comes_back_with_its_number) {
    auto body = written([](wire::Packer& packer) {
        wire::begin_item(packer, 70'000);
        packer.map(0);
    });
    auto head = wire::parse_reply(body);
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST(head->msgid == 70'000U);
    BOOST_TEST(head->is_item);
    BOOST_TEST(head->result == "\x80");
}

BOOST_AUTO_TEST_CASE(an_error_of_every_code_comes_back_as_it_was) {
    for (const auto& row : errc_table)
        for (const auto& error :
             {Error{.code = row.code, .message = "a sentence"},
              Error{.code = row.code, .message = "", .retry_after = Millis{1500}},
              Error{.code = row.code, .message = "x", .confirmed = false},
              Error{.code = row.code,
              .message = "x",
              .retry_after = Millis{0},
              .confirmed = false}}) {
            auto body = error_reply(error);
            auto head = wire::parse_reply(body);
            BOOST_TEST_REQUIRE(head.has_value());
            BOOST_TEST(head->msgid == 3U);
            BOOST_TEST_REQUIRE(head->error.has_value());
            BOOST_TEST((*head->error == error));
        }
}

BOOST_AUTO_TEST_CASE(a_code_of_a_newer_daemon_is_an_internal_error) {
    auto body = error_reply({.code = Errc::timeout, .message = "later"});
    body.replace(body.find("timeout"), 7, "timeloop");
    body[body.find("timeloop") - 1] = '\xa8';
    auto head = wire::parse_reply(body);
    BOOST_TEST_REQUIRE(head.has_value());
    BOOST_TEST((head->error.value() == Error{.code = Errc::internal, .message = "later"}));
}

BOOST_AUTO_TEST_CASE(what_is_no_reply_is_refused) {
    for (auto body :
         {""sv, "\x94"sv, "\x94\x01"sv, "\x94\x01\x05"sv, "\x94\x00\x05\xc0\x80"sv,
          "\x94\x01\x05\x01\x80"sv, "\x94\x01\xa1x\xc0\x80"sv, "\x94\x01\x05\x80\x80"sv,
          "\x93\x02\xa6strea_\x82\xa2id\x01\xa4item\x80"sv, "\x93\x02\xa6stream\x81\xa2id\x01"sv,
          "HTTP/1.1 400 Bad Request\r\n"sv, "\xdd\x00\xff\xff\xff"sv}) {
        auto head = wire::parse_reply(body);
        BOOST_TEST(!head.has_value());
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
