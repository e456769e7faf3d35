// Reads the tree itself: its top, every #include, what each layer links, and what no compiler
// tells.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

#include "tests/layers.h"

namespace ccd::layers {
namespace {

namespace fs = std::filesystem;

const fs::path root{SOURCE_DIR};

struct Include {
    std::string file;  // from the root, as all paths here
    std::string name;
    bool is_ours = false;  // in quotes
};

std::string read(const fs::path& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> sources() {
    std::vector<std::string> files;
    for (auto folder : {"ctl", "daemon", "lib", "tests"})
        for (const auto& entry : fs::recursive_directory_iterator{root / folder}) {
            auto kind = entry.path().extension();
            if (kind == ".cpp" || kind == ".h" || kind == ".c")
                files.push_back(entry.path().lexically_relative(root).generic_string());
        }
    return files;
}

std::optional<Include> parse_include(const std::string& file, const std::string& line) {
    constexpr std::string_view directive = "#include ";
    if (!line.starts_with(directive)) return std::nullopt;
    auto opening = line[directive.size()];
    auto end = line.find(opening == '"' ? '"' : '>', directive.size() + 1);
    if (end == std::string::npos) return Include{.file = file, .name = line};
    return Include{.file = file,
                   .name = line.substr(directive.size() + 1, end - directive.size() - 1),
                   .is_ours = opening == '"'};
}

const std::vector<Include>& includes() {
    static const auto all = [] {
        std::vector<Include> found;
        for (const auto& file : sources()) {
            std::istringstream text{read(root / file)};
            for (std::string line; std::getline(text, line);)
                if (auto include = parse_include(file, line)) found.push_back(std::move(*include));
        }
        return found;
    }();
    return all;
}

// Whether a path is this file or folder, or in it.
bool is_in(std::string_view path, std::string_view place) {
    return path.starts_with(place) &&
           (path.size() == place.size() || path[place.size()] == '/' || place.ends_with('/'));
}

const Layer* layer_of(std::string_view file) {
    const Layer* best = nullptr;
    for (const auto& layer : table)
        if (is_in(file, layer.folder) && (!best || layer.folder.size() > best->folder.size()))
            best = &layer;
    return best;
}

// Ours are named from the root, but for the public ones.
std::string path_of(const Include& include) {
    return (include.name.starts_with("ccd/") ? "lib/include/" : "") + include.name;
}

std::optional<Library> library_of(const std::string& header) {
    if (header.find_first_of("./") == std::string::npos) return Library::standard;
    for (const auto& row : libraries)
        for (auto name : row.headers)
            if (header == name || (name.ends_with('/') && header.starts_with(name)))
                return row.library;
    return std::nullopt;
}

bool may_include(const Layer& layer, std::string_view path) {
    const auto* other = layer_of(path);
    if (other == &layer) return true;
    return std::ranges::any_of(layer.ours, [&](auto place) { return is_in(path, place); });
}

// The words between the parentheses of each call of a CMake function.
std::vector<std::vector<std::string>> calls(const std::string& text, const std::string& function) {
    std::vector<std::vector<std::string>> found;
    for (auto at = text.find(function + "("); at != std::string::npos;
         at = text.find(function + "(", at + 1)) {
        auto begin = at + function.size() + 1;
        std::istringstream words{text.substr(begin, text.find(')', begin) - begin)};
        found.emplace_back(std::istream_iterator<std::string>{words},
                           std::istream_iterator<std::string>{});
    }
    return found;
}

const Layer* layer_with_target(std::string_view target) {
    auto found = std::ranges::find(table, target, &Layer::target);
    return found == table.end() ? nullptr : &*found;
}

bool may_link(const Layer& layer, const std::string& target) {
    // Threads and loading belong to the C library.
    if (target == "Threads::Threads" || target == "${CMAKE_DL_LIBS}") return true;
    if (const auto* other = layer_with_target(target))
        return std::ranges::any_of(layer.ours, [&](auto place) {
            return is_in(place, other->folder) || is_in(other->folder, place);
        });
    auto library = std::ranges::find(libraries, target, &LibraryHeaders::target);
    return library != libraries.end() &&
           std::ranges::find(layer.outside, library->library) != layer.outside.end();
}

// Whether `before` ends in " .name = ", and not in "{.name = ".
bool is_later_member(std::string_view before) {
    const auto end_without = [&](std::string_view characters) {
        before = before.substr(0, before.find_last_not_of(characters) + 1);
    };
    end_without(" \n");
    if (!before.ends_with(" =")) return false;
    before.remove_suffix(2);
    end_without("abcdefghijklmnopqrstuvwxyz0123456789_");
    return before.ends_with(" .") || before.ends_with("\n.");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(layering)

BOOST_AUTO_TEST_CASE(the_top_level_holds_what_is_listed_and_nothing_else) {
    for (const auto& entry : fs::directory_iterator{root}) {
        auto name = entry.path().filename().string();
        auto is_known =
            std::ranges::find(top_level, name) != top_level.end() || is_beside_the_tree(name);
        BOOST_TEST(is_known, "'" << name << "' does not belong to the top level");
    }
}

BOOST_AUTO_TEST_CASE(what_a_build_leaves_may_stand_beside_the_tree) {
    for (auto name : {"build", "obj-x86_64-linux-gnu", ".git"})
        BOOST_TEST(is_beside_the_tree(name), name);
    for (auto name : {"object", "obj", "builds", "src", ".gitmodules"})
        BOOST_TEST(!is_beside_the_tree(name), name);
}

BOOST_AUTO_TEST_CASE(every_source_belongs_to_a_layer) {
    BOOST_TEST(sources().size() > 100U);
    for (const auto& file : sources())
        BOOST_TEST(layer_of(file) != nullptr, "'" << file << "' is in no layer");
}

BOOST_AUTO_TEST_CASE(every_include_of_ours_points_to_a_file_of_the_tree) {
    for (const auto& include : includes())
        if (include.is_ours)
            BOOST_TEST(fs::exists(root / path_of(include)),
                       include.file << " includes '" << include.name
                                    << "', which is not there; ours are named from the root");
}

BOOST_AUTO_TEST_CASE(every_layer_includes_only_the_layers_of_its_row) {
    BOOST_TEST(includes().size() > 500U);
    for (const auto& include : includes()) {
        const auto* layer = layer_of(include.file);
        if (!include.is_ours || layer == nullptr) continue;
        BOOST_TEST(may_include(*layer, path_of(include)),
                   include.file << " may not include '" << include.name << "'");
    }
}

BOOST_AUTO_TEST_CASE(every_layer_includes_only_the_libraries_of_its_row) {
    for (const auto& include : includes()) {
        const auto* layer = layer_of(include.file);
        if (include.is_ours || layer == nullptr) continue;
        auto library = library_of(include.name);
        BOOST_TEST(library.has_value(), include.file << " includes <" << include.name
                                                     << ">, which belongs to no known library");
        if (!library || *library == Library::standard) continue;
        BOOST_TEST((std::ranges::find(layer->outside, *library) != layer->outside.end()),
                   include.file << " may not include <" << include.name << ">");
    }
}

BOOST_AUTO_TEST_CASE(msgpack_is_seen_by_the_sources_of_the_wire_and_by_no_header) {
    for (const auto& include : includes())
        if (!include.is_ours && library_of(include.name) == Library::msgpack &&
            !include.file.starts_with("tests/"))
            BOOST_TEST(include.file.ends_with(".cpp"),
                       include.file << " shows msgpack to those who include it");
}

BOOST_AUTO_TEST_CASE(every_layer_links_only_what_its_row_lists) {
    std::size_t seen = 0;
    for (const auto& layer : table) {
        auto list = root / layer.folder / "CMakeLists.txt";
        // The daemon itself, above all layers, links them all.
        if (layer.folder == "daemon" || !fs::is_regular_file(list)) continue;
        for (const auto& words : calls(read(list), "ccd_layer")) {
            BOOST_TEST(words.front() == layer.target);
            ++seen;
            auto linked = std::ranges::find(words, "LINK");
            for (auto target = linked; target != words.end(); ++target)
                if (target != linked)
                    BOOST_TEST(may_link(layer, *target),
                               layer.folder << " may not link " << *target);
        }
    }
    BOOST_TEST(seen >= 12U);
}

// See CCD_TRY. As the first member it is harmless.
BOOST_AUTO_TEST_CASE(nothing_is_tried_in_the_midst_of_an_aggregate) {
    for (const auto& file : sources()) {
        const auto text = read(root / file);
        for (auto at = text.find("CCD_TRY("); at != text.npos; at = text.find("CCD_TRY(", at + 1))
            BOOST_TEST(!is_later_member(text.substr(0, at)),
                       file << ": " << text.substr(at, text.find('\n', at) - at));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::layers
