#include "daemon/exec/spec.h"

#include <boost/test/unit_test.hpp>

#include "daemon/exec/sealed_spec.h"

namespace ccd::exec {
namespace {

Launch example() {
    Launch launch;
    launch.attempt = {.job = 1, .number = 1, .nonce = "n1"};
    launch.argv = {"prog", "", "last"};
    launch.environment = {"A=1", "B="};
    launch.cwd = "/tmp";
    launch.stdin_file = "/in";
    launch.umask = 027;
    launch.stop_grace = Millis(1'234);
    return launch;
}

std::vector<std::string> texts_of(const Strings& strings) {
    std::vector<std::string> texts;
    strings.each([&](std::string_view text) {
        BOOST_TEST(text.data()[text.size()] == '\0');
        texts.emplace_back(text);
    });
    return texts;
}

BOOST_AUTO_TEST_SUITE(spec)

BOOST_AUTO_TEST_CASE(what_was_encoded_is_parsed) {
    const std::string bytes = encode_spec(example(), "boot").value();
    auto spec = parse_spec(bytes);
    BOOST_REQUIRE(spec.has_value());
    BOOST_TEST(spec->nonce == "n1");
    BOOST_TEST(spec->boot_id == "boot");
    BOOST_TEST(spec->cwd == "/tmp");
    BOOST_TEST(spec->stdin_file == "/in");
    BOOST_TEST(spec->umask == 027u);
    BOOST_TEST((spec->stop_grace == Millis(1'234)));
    BOOST_TEST((texts_of(spec->argv) == example().argv));
    BOOST_TEST((texts_of(spec->environment) == example().environment));
}

BOOST_AUTO_TEST_CASE(a_spec_that_is_cut_off_or_too_long_is_refused) {
    const std::string bytes = encode_spec(example(), "boot").value();
    // Copies of exact size, so that a read past the end is seen.
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        std::vector<char> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        BOOST_TEST(!parse_spec({part.data(), part.size()}).has_value(), "size " << size);
    }
    BOOST_TEST(!parse_spec(bytes + "x").has_value());
}

BOOST_AUTO_TEST_CASE(no_wrong_byte_makes_the_parser_read_outside) {
    const std::string bytes = encode_spec(example(), "boot").value();
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
            std::vector<char> spoilt(bytes.begin(), bytes.end());
            spoilt[i] = static_cast<char>(value);
            auto spec = parse_spec({spoilt.data(), spoilt.size()});
            if (!spec) continue;
            texts_of(spec->argv);
            texts_of(spec->environment);
        }
}

BOOST_AUTO_TEST_CASE(another_version_is_refused) {
    std::string bytes = encode_spec(example(), "boot").value();
    bytes[spec_magic.size()] = 2;
    BOOST_TEST(!parse_spec(bytes).has_value());
}

BOOST_AUTO_TEST_CASE(a_nonce_is_letters_digits_and_lines) {
    BOOST_TEST(is_nonce("aZ09-_"));
    BOOST_TEST(is_nonce(std::string(nonce_limit, 'a')));
    for (const std::string& text :
         {std::string(), std::string("a/b"), std::string(".."), std::string("a b"),
          std::string("\u00e4"), std::string("a\0", 2), std::string(nonce_limit + 1, 'a')})
        BOOST_TEST(!is_nonce(text));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::exec
