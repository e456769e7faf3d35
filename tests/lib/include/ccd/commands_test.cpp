#include "ccd/commands.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "ctl/arguments.h"
#include "ctl/help.h"
#include "ctl/json.h"
#include "ctl/lookup.h"
#include "ctl/reference.h"
#include "lib/wire/codec.h"
#include "tests/ctl/words.h"

// What holds for every command there is or will be.

namespace {

using namespace ccd;

template <class Command>
ctl::Parsed<Command> parsed_example() {
    auto words = split(Command::info.example);
    auto line = views(words);
    std::size_t named = 2;
    if constexpr (IsTyped<Command>) {
        auto found = ctl::find_command(line);
        BOOST_TEST_REQUIRE(found.has_value());
        BOOST_TEST(ctl::rows[found->row].info == &Command::info);
        named = found->words;
    }
    ctl::Globals globals;
    auto parsed = ctl::parse_line<Command>(ctl::Words{line}.subspan(named), globals);
    BOOST_TEST_REQUIRE(parsed.has_value(), parsed.error().message);
    BOOST_TEST((globals == ctl::Globals{}));
    return *parsed;
}

template <const auto& fields, wire::Absent absent, class T>
std::string encoded(const T& object) {
    std::string bytes;
    wire::Packer packer{bytes};
    wire::encode<fields, absent>(packer, object);
    return bytes;
}

template <class Fields>
void check_docs(const Fields& fields) {
    field::for_each(fields, [](const auto& field) {
        BOOST_TEST_CONTEXT(field.name) {
            BOOST_TEST(!field.doc.empty());
            BOOST_TEST(!field.doc.ends_with('.'));
            BOOST_TEST(field.doc.find('\n') == field.doc.npos);
            BOOST_TEST(field.doc.find('|') == field.doc.npos);  // it stands in tables
        }
    });
}

template <class Fields>
void check_names(const Fields& fields) {
    std::vector<std::string_view> names;
    field::for_each(fields, [&](const auto& field) {
        BOOST_TEST(std::ranges::all_of(field.name, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        }));
        BOOST_TEST((std::ranges::find(names, field.name) == names.end()), field.name);
        names.push_back(field.name);
    });
}

BOOST_AUTO_TEST_SUITE(commands)

BOOST_AUTO_TEST_CASE_TEMPLATE(the_example_in_the_help_parses, Command, Commands) {
    parsed_example<Command>();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(its_request_survives_the_wire, Command, Commands) {
    using Request = typename Command::Request;
    auto request = parsed_example<Command>().request;
    auto bytes = encoded<Command::request_fields, wire::Absent::left_out>(request);
    auto got = wire::decode<Request, Command::request_fields>(bytes, wire::Unknown::refused);
    BOOST_TEST((got.value() == request));
    auto whole = encoded<Command::request_fields, wire::Absent::written>(request);
    got = wire::decode<Request, Command::request_fields>(whole, wire::Unknown::refused);
    BOOST_TEST((got.value() == request));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(its_reply_survives_the_wire, Command, Commands) {
    using Reply = typename Command::Reply;
    Reply reply{};
    auto bytes = encoded<Command::reply_fields, wire::Absent::written>(reply);
    auto got = wire::decode<Reply, Command::reply_fields>(bytes, wire::Unknown::ignored);
    BOOST_TEST_REQUIRE(got.has_value());
    BOOST_TEST((ctl::object_of<Command::reply_fields>(*got) ==
                ctl::object_of<Command::reply_fields>(reply)));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(everything_about_it_is_documented_in_a_line, Command, Commands) {
    BOOST_TEST(!Command::info.summary.empty());
    BOOST_TEST(!Command::info.summary.ends_with('.'));
    check_docs(Command::request_fields);
    check_docs(Command::reply_fields);
    if constexpr (HasLocal<Command>) check_docs(Command::local_fields);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(its_names_are_spelled_by_rule_and_are_distinct, Command, Commands) {
    check_names(Command::request_fields);
    check_names(Command::reply_fields);
    BOOST_TEST(std::ranges::count(Command::info.name, '.') == 1);
    std::vector<std::string> options;
    for (const auto& argument : ctl::arguments_of<Command>) {
        BOOST_TEST((std::ranges::find(options, argument.spelling()) == options.end()));
        options.push_back(argument.spelling());
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(its_help_mentions_all_that_can_be_typed, Command, TypedCommands) {
    auto found = ctl::find_command(views(split(Command::info.example)));
    const auto& row = ctl::rows[found.value().row];
    auto help = ctl::command_help(row);
    for (const auto& argument : row.arguments) {
        bool is_typed = argument.place != field::Place::unseen;
        auto shape = ctl::shape_of(argument);
        BOOST_TEST((ctl::usage(row).find(shape) != std::string::npos) == is_typed, shape);
        BOOST_TEST((help.find("  " + shape) != std::string::npos) == is_typed, shape);
    }
    BOOST_TEST(help.find(Command::info.example) != std::string::npos);
    BOOST_TEST(ctl::overview().find(Command::info.summary.substr(0, 40)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(its_reply_as_json_has_every_field, Command, Commands) {
    auto json = ctl::object_of<Command::reply_fields>(typename Command::Reply{});
    BOOST_TEST(json.is_object());
    constexpr auto size = std::remove_cvref_t<decltype(Command::reply_fields)>::size;
    BOOST_TEST(json.size() == size);
    field::for_each(Command::reply_fields, [&](const auto& field) {
        auto name = std::string{field.name};
        BOOST_TEST(
            (json.contains(name) || json.contains(name + "_s") || json.contains(name + "_bytes")),
            name);
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(it_is_found_with_its_noun_too, Command, TypedCommands) {
    std::array<std::string_view, 3> words{Command::info.noun(), Command::info.verb(), "x"};
    auto found = ctl::find_command(words);
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST(ctl::rows[found->row].info == &Command::info);
    BOOST_TEST(found->words == 2U);
}

// ccctl fills it in, so that there it is an option.
BOOST_AUTO_TEST_CASE(what_the_wire_needs_may_be_an_option_on_the_command_line) {
    static constexpr auto all_but_cwd =
        field::List{field::required("argv", &job::SubmitRequest::argv, "")};
    auto bytes = encoded<all_but_cwd, wire::Absent::left_out>(job::SubmitRequest{.argv = {"true"}});
    auto refused = wire::decode<job::SubmitRequest, job::Submit::request_fields>(
        bytes, wire::Unknown::refused);
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.find("cwd") != std::string::npos);
    ctl::Globals globals;
    BOOST_TEST(ctl::parse_line<job::Submit>(views(split("true")), globals).has_value());
    BOOST_TEST(ctl::reference().find("| `cwd` | string | yes |") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
