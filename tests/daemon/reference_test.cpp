// etc/ccd.toml against the table of keys: names, defaults, docs, nothing extra.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/config.h"
#include "daemon/options.h"
#include "daemon/setting.h"

namespace {

using namespace ccd;
using namespace ccd::daemon;

std::string read(const std::filesystem::path& path) {
    std::ifstream file{path};
    BOOST_TEST_REQUIRE(file.is_open());
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string written() {
    return read(std::filesystem::path{SOURCE_DIR} / "etc" / "ccd.toml");
}

template <class Row>
void add_rows(std::string& text, const Key& key, const std::vector<Row>& rows) {
    for (const auto& row : rows) {
        text += "#[[" + std::string(key.name) + "]]\n";
        for (const auto& row_key : row_keys(rows))
            text += "#" + std::string(row_key.name) + " = " + to_toml(row, row_key.member) + "\n";
    }
}

template <class Row>
void add_tables(std::string& text, const Key& key, const Named<Row>& tables) {
    for (const auto& [name, row] : tables) {
        text += "#[" + std::string(key.name) + "." + name + "]\n";
        for (const auto& row_key : row_keys(tables))
            text += "#" + std::string(row_key.name) + " = " + to_toml(row, row_key.member) + "\n";
    }
}

// What is empty by default is shown with one row.
const std::vector<gpu::Device> example_devices{{.uuid = "GPU-0", .memory = 24_GiB}};
const Named<Pool> example_pools{{"NAME", {.size = 50}}};

// The file as the table wants it, from the first section on.
std::string wanted() {
    const Config defaults;
    std::string text;
    std::string_view section;
    for (const auto& key : keys) {
        auto dot = key.name.rfind('.');
        if (key.name.substr(0, dot) != section) {
            section = key.name.substr(0, dot);
            text += "\n[" + std::string(section) + "]\n";
        }
        text += "# " + std::string(key.doc) + "\n";
        if (key.name == "gpu.device")
            add_rows(text, key, example_devices);
        else if (key.name == "gpu.slots")
            add_rows(text, key, defaults.gpu_slots);
        else if (key.name == "pools")
            add_tables(text, key, example_pools);
        else
            text +=
                "#" + std::string(key.name.substr(dot + 1)) + " = " + to_toml(defaults, key) + "\n";
    }
    return text;
}

BOOST_AUTO_TEST_SUITE(reference)

BOOST_AUTO_TEST_CASE(the_file_shows_every_key_at_its_default_with_its_doc_and_nothing_else) {
    auto text = written();
    auto body = text.find("\n[");
    BOOST_TEST_REQUIRE(body != std::string::npos);
    auto head = text.substr(0, body);
    BOOST_TEST(text.substr(body) == wanted());
    std::istringstream lines{head};
    for (std::string line; std::getline(lines, line);)
        BOOST_TEST(line.starts_with("#"), "the head is a comment: " << line);
}

BOOST_AUTO_TEST_CASE(the_file_as_it_is_installed_changes_nothing) {
    std::vector<std::filesystem::path> files{std::filesystem::path{SOURCE_DIR} / "etc/ccd.toml"};
    BOOST_TEST((load_config({}, files, {}).value() == Config{}));
}

BOOST_AUTO_TEST_CASE(with_every_key_uncommented_the_file_is_valid_and_means_the_defaults) {
    std::string text;
    std::istringstream lines{written()};
    for (std::string line; std::getline(lines, line);) {
        bool is_key = line.starts_with("#") && !line.starts_with("# ") && line != "#";
        text += (is_key ? line.substr(1) : line) + "\n";
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "reference-XXXXXX").string();
    std::filesystem::path directory = ::mkdtemp(pattern.data());
    std::ofstream{directory / "ccd.toml"} << text;
    auto config = load_config({}, config_files(directory).value(), {});
    std::filesystem::remove_all(directory);
    BOOST_TEST_REQUIRE(config.has_value(), config.error().message);
    BOOST_TEST((*config == Config{.gpu_devices = example_devices, .pools = example_pools}));
}

BOOST_AUTO_TEST_CASE(the_man_page_has_every_option_of_the_help) {
    auto page = read(std::filesystem::path{SOURCE_DIR} / "daemon" / "ccd.8.scd");
    std::istringstream words{std::string{usage()}};
    int options = 0;
    for (std::string word; words >> word;) {
        if (!word.starts_with("--")) continue;
        ++options;
        BOOST_TEST(page.find("*" + word + "*") != std::string::npos, word);
    }
    BOOST_TEST(options == 6);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
