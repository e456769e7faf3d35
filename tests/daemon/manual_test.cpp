// The man page ccd.toml(5) against the table of keys: its part between the marks is made from it.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <variant>

#include "daemon/config.h"
#include "daemon/setting.h"
#include "lib/text/scdoc.h"

namespace {

using namespace ccd;
using namespace ccd::daemon;

using text::escaped;

// What the rows of a list, or named tables, have.
std::string describe_keys(const auto& keys_of_row) {
    std::string text;
    for (const auto& key : keys_of_row) {
        if (!text.empty()) text += ", ";
        text += "*" + escaped(key.name) + "*";
        if (!key.is_required) text += " (may be left out)";
    }
    return " Each has " + text + ".";
}

template <class Row>
std::string describe_rows(const std::vector<Row>& rows) {
    auto text = describe_keys(row_keys(rows));
    for (const auto& row : rows) {
        text += &row == rows.data() ? " Default: " : "; ";
        for (const auto& key : row_keys(rows))
            text += (&key == row_keys(rows).data() ? "" : ", ") + escaped(key.name) + " " +
                    escaped(to_toml(row, key.member));
    }
    return text + (rows.empty() ? " Default: none." : ".");
}

// The key's line and the sentence below it.
std::string entry(const Config& defaults, const Key& key) {
    std::string doc = "\t" + escaped(key.doc) + ".";
    std::string rows;
    if (const auto* devices = std::get_if<std::vector<gpu::Device> Config::*>(&key.member))
        rows = describe_rows(defaults.*(*devices));
    if (const auto* slots = std::get_if<std::vector<SlotRow> Config::*>(&key.member))
        rows = describe_rows(defaults.*(*slots));
    auto live = key.reload == Reload::live ? " Counts from a reload on." : "";
    if (const auto* pools = std::get_if<Named<Pool> Config::*>(&key.member))
        return "*" + escaped("[" + std::string(key.name) + ".NAME]") + "*\n" + doc +
               describe_keys(row_keys(defaults.*(*pools))) + " Default: none." + live;
    if (!rows.empty())
        return "*" + escaped("[[" + std::string(key.name) + "]]") + "*\n" + doc + rows + live;
    return "*" + escaped(key.name.substr(key.name.rfind('.') + 1)) +
           "* = " + escaped(to_toml(defaults, key)) + "\n" + doc + live;
}

std::string wanted() {
    const Config defaults;
    std::string text{"# KEYS\n\n"};
    std::string_view section;
    for (const auto& key : keys) {
        auto name = key.name.substr(0, key.name.rfind('.'));
        if (name != section) text += "## " + std::string(name) + "\n\n";
        section = name;
        text += entry(defaults, key) + "\n\n";
    }
    return text;
}

BOOST_AUTO_TEST_SUITE(manual)

BOOST_AUTO_TEST_CASE(the_man_page_shows_every_key_at_its_default_with_its_doc) {
    std::ifstream file{std::filesystem::path{SOURCE_DIR} / "daemon" / "ccd.toml.5.scd"};
    std::string page{std::istreambuf_iterator<char>{file}, {}};
    const std::string begin = "; begin keys\n";
    auto first = page.find(begin);
    auto last = page.find("; end keys\n");
    BOOST_TEST_REQUIRE((first != page.npos && last != page.npos));
    first += begin.size();
    BOOST_TEST((page.substr(first, last - first) == wanted()), "between the marks has to stand:\n"
                                                                   << wanted());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
