#include "daemon/config.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
// The parser asserts things that a wrong file breaks, such as `[=]`, and reports them right after.
#define TOML_ASSERT(expression) static_assert(true)

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "daemon/setting.h"
#include "lib/text/nearest.h"
#include "lib/text/quote.h"

namespace ccd::daemon {
namespace {

using text::quote;

constexpr std::size_t longest_file = 1 << 20;

// Where an error is: `/etc/ccd/ccd.toml:12` or `--set`.
std::string place_of(const toml::source_region& region) {
    if (!region.path) return "--set";
    return *region.path + ":" + std::to_string(region.begin.line);
}

tl::unexpected<Error> refusal(const std::string& place, std::string_view key,
                              const std::string& why) {
    return failure(Errc::bad_request, place + ": " + std::string(key) + ": " + why);
}

// Whether a key of the table lies inside the section.
bool is_section(std::string_view name) {
    return std::ranges::any_of(keys, [&](const Key& row) {
        return row.name.size() > name.size() && row.name.starts_with(name) &&
               row.name[name.size()] == '.';
    });
}

// All names of keys and sections.
std::vector<std::string_view> known_names() {
    std::set<std::string_view> names;
    for (const auto& row : keys)
        for (auto end = row.name.size(); end != row.name.npos; end = row.name.rfind('.', end - 1))
            names.insert(row.name.substr(0, end));
    return {names.begin(), names.end()};
}

// The names next to an unknown one, or the sections.
std::string siblings_of(std::string_view name) {
    auto names = known_names();
    auto dot = name.rfind('.');
    auto section = dot == name.npos ? std::string_view{} : name.substr(0, dot);
    if (!is_section(section)) section = {};
    std::string list;
    for (auto candidate : names) {
        auto start = section.empty() ? 0 : section.size() + 1;
        if (start != 0 && !candidate.starts_with(std::string(section) + ".")) continue;
        if (candidate.find('.', start) != candidate.npos) continue;
        list.append(list.empty() ? "" : ", ").append(candidate.substr(start));
    }
    return list;
}

tl::unexpected<Error> unknown(const std::string& place, std::string_view name) {
    auto names = known_names();
    auto meant = text::nearest(name, names);
    return failure(Errc::bad_request, place + ": unknown key " + quote(name) +
                                          (meant ? "; did you mean " + quote(*meant) + "?"
                                                 : "; allowed here: " + siblings_of(name)));
}

std::string_view describe(const toml::node& node) {
    if (node.is_table()) return "a table";
    if (node.is_array()) return "an array";
    if (node.is_boolean()) return "true or false";
    if (node.is_floating_point()) return "a number with a point";
    if (node.is_integer()) return "a number";
    if (node.is_string()) return "text in quotes";
    return "a date or a time";
}

std::string_view describe(Literal literal) {
    switch (literal) {
        case Literal::number:
            return "a whole number without quotes";
        case Literal::text:
            return "text in quotes";
        case Literal::duration:
            return "a duration in quotes, such as \"2s\"";
        case Literal::mode:
            return "octal digits in quotes, such as \"0660\"";
        case Literal::size:
            return "a size in quotes, such as \"512MiB\", or a number of bytes";
    }
    return {};
}

// The text of a value that is written as it should be.
Result<std::string> text_of(const toml::node& node, Literal literal, std::string_view name) {
    if (const auto* text = node.as_string(); text != nullptr && literal != Literal::number)
        return text->get();
    bool may_be_number = literal == Literal::number || literal == Literal::size;
    if (const auto* number = node.as_integer(); number != nullptr && may_be_number)
        return std::to_string(number->get());
    return refusal(
        place_of(node.source()), name,
        "is " + std::string(describe(node)) + "; allowed: " + std::string(describe(literal)));
}

template <class Owner>
Result<void> set_scalar(Owner& owner, const Scalar<Owner>& scalar, Range range,
                        std::string_view name, const toml::node& node) {
    auto text = CCD_TRY(text_of(node, literal_of(owner, scalar), name));
    if (auto set = assign(owner, scalar, range, text); !set)
        return refusal(place_of(node.source()), name, set.error().message);
    return {};
}

template <class Row, std::size_t count>
Result<Row> read_row(const std::array<RowKey<Row>, count>& table, std::string_view list,
                     const toml::node& node) {
    auto place = place_of(node.source());
    std::string allowed;
    for (const auto& key : table) allowed.append(allowed.empty() ? "" : ", ").append(key.name);
    const auto* entries = node.as_table();
    if (entries == nullptr)
        return refusal(place, list, "has a row that is no table; allowed in a row: " + allowed);
    Row row;
    for (const auto& [name, value] : *entries)
        if (std::ranges::find(table, name.str(), &RowKey<Row>::name) == table.end())
            return refusal(place_of(name.source()), list,
                           "unknown key " + quote(name.str()) + "; allowed: " + allowed);
    for (const auto& key : table) {
        const auto* value = entries->get(key.name);
        if (value == nullptr && key.is_required)
            return refusal(place, list, "a row lacks " + quote(key.name));
        auto name = std::string(list) + "." + std::string(key.name);
        if (value != nullptr) CCD_TRY(set_scalar(row, key.member, key.range, name, *value));
    }
    return row;
}

// Two cards of one name would be one card to every job. A node that is none would make every start
// fail: systemd takes it for the name of a group.
Result<void> check_rows(const std::vector<gpu::Device>& devices, const std::string& place) {
    std::set<std::string_view> uuids;
    for (const auto& device : devices) {
        if (!uuids.insert(device.uuid).second)
            return refusal(place, "gpu.device.uuid", quote(device.uuid) + " stands there twice");
        if (!device.node.empty() && !device.node.starts_with("/dev/"))
            return refusal(place, "gpu.device.node",
                           "is " + quote(device.node) + "; allowed: a path in /dev/");
    }
    return {};
}

Result<void> check_rows(const std::vector<SlotRow>&, const std::string&) {
    return {};
}

template <class Row>
Result<void> set_list(std::vector<Row>& list, const Key& key, const toml::node& node) {
    auto place = place_of(node.source());
    const auto* rows = node.as_array();
    if (rows == nullptr)
        return refusal(place, key.name,
                       "is " + std::string(describe(node)) + "; allowed: tables [[" +
                           std::string(key.name) + "]]");
    if (rows->size() > static_cast<std::size_t>(key.range.most))
        return refusal(place, key.name,
                       "has " + std::to_string(rows->size()) + " rows; allowed: at most " +
                           std::to_string(key.range.most));
    std::vector<Row> fresh;
    for (const auto& row : *rows) fresh.push_back(CCD_TRY(read_row(row_keys(list), key.name, row)));
    CCD_TRY(check_rows(fresh, place));
    list = std::move(fresh);
    return {};
}

// The name of a table, as users will say it.
Result<void> check_name(const std::string& name, const std::string& section,
                        const std::string& place) {
    std::string checked;
    if (auto valid = parse_value(name, {1, 128}, checked); !valid)
        return refusal(place, section, "the name " + valid.error().message);
    return {};
}

template <class Row>
Result<void> set_named(Named<Row>& tables, const Key& key, const toml::node& node) {
    const auto* fresh = node.as_table();
    auto section = std::string(key.name);
    if (fresh == nullptr)
        return refusal(
            place_of(node.source()), section,
            "is " + std::string(describe(node)) + "; allowed: tables [" + section + ".NAME]");
    for (const auto& [part, row] : *fresh) {
        auto name = std::string(part.str());
        CCD_TRY(check_name(name, section, place_of(part.source())));
        tables[name] = CCD_TRY(read_row(row_keys(tables), section + "." + name, row));
    }
    if (tables.size() > static_cast<std::size_t>(key.range.most))
        return refusal(place_of(node.source()), section,
                       "has " + std::to_string(tables.size()) + " tables; allowed: at most " +
                           std::to_string(key.range.most));
    return {};
}

Result<void> set_value(Config& config, const Key& key, const toml::node& node) {
    if (const auto* scalar = std::get_if<Scalar<Config>>(&key.member))
        return set_scalar(config, *scalar, key.range, key.name, node);
    if (const auto* devices = std::get_if<std::vector<gpu::Device> Config::*>(&key.member))
        return set_list(config.*(*devices), key, node);
    if (const auto* pools = std::get_if<Named<Pool> Config::*>(&key.member))
        return set_named(config.*(*pools), key, node);
    return set_list(config.*std::get<std::vector<SlotRow> Config::*>(key.member), key, node);
}

// Calls itself for sections only, of which there are two levels.
Result<void> set_values(Config& config, const toml::table& table, const std::string& section) {
    for (const auto& [part, node] : table) {
        auto name =
            section.empty() ? std::string(part.str()) : section + "." + std::string(part.str());
        const auto* found = find_key(name);
        const auto* inner = node.as_table();
        if (found != nullptr) {
            CCD_TRY(set_value(config, *found, node));
        } else if (!is_section(name)) {
            return unknown(place_of(part.source()), name);
        } else if (inner == nullptr) {
            return refusal(
                place_of(node.source()), name,
                "is " + std::string(describe(node)) + "; allowed: a section [" + name + "]");
        } else {
            CCD_TRY(set_values(config, *inner, name));
        }
    }
    return {};
}

Result<void> read_toml(Config& config, std::string_view text, std::string_view path) {
    auto parsed = toml::parse(text, path);
    if (!parsed)
        return failure(Errc::bad_request, place_of(parsed.error().source()) + ": " +
                                              std::string(parsed.error().description()));
    return set_values(config, parsed.table(), {});
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

Result<std::string> read_file(const std::filesystem::path& path) {
    auto unreadable = [&](int problem) {
        return failure(Errc::bad_request, path.string() + ": cannot be read: " +
                                              std::generic_category().message(problem));
    };
    std::unique_ptr<std::FILE, CloseFile> file{std::fopen(path.c_str(), "re")};
    if (!file) return unreadable(errno);
    std::string text(longest_file + 1, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    if (std::ferror(file.get()) != 0) return unreadable(errno);
    if (text.size() > longest_file)
        return failure(Errc::over_limit, path.string() + ": is longer than " +
                                             std::to_string(longest_file) + " bytes");
    return text;
}

std::string_view without_quotes(std::string_view text) {
    bool is_quoted = text.size() >= 2 && text.front() == text.back() &&
                     (text.front() == '"' || text.front() == '\'');
    return is_quoted ? text.substr(1, text.size() - 2) : text;
}

Result<void> apply_setting(Config& config, std::string_view setting) {
    auto equals = setting.find('=');
    if (equals == setting.npos)
        return failure(Errc::bad_request,
                       "--set: " + quote(setting) + " has no '='; allowed: KEY=VALUE");
    auto name = setting.substr(0, equals);
    const auto* found = find_key(name);
    // One of a named table's, such as pools.render.size.
    if (found == nullptr) found = find_key(name.substr(0, name.find('.')));
    if (found == nullptr) return unknown("--set", name);
    const auto* scalar = std::get_if<Scalar<Config>>(&found->member);
    if (scalar == nullptr) return read_toml(config, setting, {});
    auto value = without_quotes(setting.substr(equals + 1));
    if (auto set = assign(config, *scalar, found->range, value); !set)
        return refusal("--set", name, set.error().message);
    return {};
}

// What no key can say alone.
Result<void> check(const Config& config) {
    if (config.gpu_source == GpuSource::fixed_list && config.gpu_devices.empty())
        return failure(Errc::bad_request,
                       "gpu.source: 'static' needs at least one [[gpu.device]] with uuid and "
                       "memory; without cards, use 'none'");
    return {};
}

// A name that needs no quotes has none.
std::string key_to_toml(const std::string& name) {
    auto is_bare = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    };
    return std::ranges::all_of(name, is_bare) ? name : to_toml(name);
}

template <class Row>
std::string row_to_toml(const Row& row, const auto& table) {
    std::string entries;
    for (const auto& key : table)
        entries.append(entries.empty() ? "" : ", ")
            .append(key.name)
            .append(" = " + to_toml(row, key.member));
    return "{" + entries + "}";
}

template <class Row>
std::string list_to_toml(const std::vector<Row>& rows) {
    std::string out;
    for (const auto& row : rows)
        out.append(out.empty() ? "" : ", ").append(row_to_toml(row, row_keys(rows)));
    return "[" + out + "]";
}

template <class Row>
std::string named_to_toml(const Named<Row>& tables) {
    std::string out;
    for (const auto& [name, row] : tables)
        out.append(out.empty() ? "" : ", ")
            .append(key_to_toml(name) + " = " + row_to_toml(row, row_keys(tables)));
    return "{" + out + "}";
}

void copy_member(const Member& member, const Config& from, Config& to) {
    auto copy = [&](auto pointer) { to.*pointer = from.*pointer; };
    if (const auto* scalar = std::get_if<Scalar<Config>>(&member))
        std::visit(copy, *scalar);
    else if (const auto* devices = std::get_if<std::vector<gpu::Device> Config::*>(&member))
        copy(*devices);
    else if (const auto* pools = std::get_if<Named<Pool> Config::*>(&member))
        copy(*pools);
    else
        copy(std::get<std::vector<SlotRow> Config::*>(member));
}

}  // namespace

const Key* find_key(std::string_view name) {
    const auto* row = std::ranges::find(keys, name, &Key::name);
    return row == keys.end() ? nullptr : row;
}

Result<std::vector<std::filesystem::path>> config_files(const std::filesystem::path& directory) {
    namespace fs = std::filesystem;
    std::vector<fs::path> found;
    std::error_code problem;
    for (fs::directory_iterator entry{directory / "conf.d", problem}, end; !problem && entry != end;
         entry.increment(problem))
        if (entry->path().extension() == ".toml") found.push_back(entry->path());
    if (problem && problem != std::errc::no_such_file_or_directory)
        return failure(Errc::bad_request,
                       (directory / "conf.d").string() + ": cannot be read: " + problem.message());
    std::ranges::sort(found);
    auto main_file = directory / "ccd.toml";
    // A link to nowhere is there: reading it says what is wrong.
    if (fs::exists(fs::symlink_status(main_file, problem))) found.insert(found.begin(), main_file);
    return found;
}

Result<Config> load_config(Config defaults, std::span<const std::filesystem::path> files,
                           std::span<const std::string> settings) {
    for (const auto& path : files) {
        auto text = CCD_TRY(read_file(path));
        CCD_TRY(read_toml(defaults, text, path.string()));
    }
    for (const auto& setting : settings) CCD_TRY(apply_setting(defaults, setting));
    CCD_TRY(check(defaults));
    return defaults;
}

std::string to_toml(const Config& config, const Key& key) {
    if (const auto* scalar = std::get_if<Scalar<Config>>(&key.member))
        return to_toml(config, *scalar);
    if (const auto* devices = std::get_if<std::vector<gpu::Device> Config::*>(&key.member))
        return list_to_toml(config.*(*devices));
    if (const auto* pools = std::get_if<Named<Pool> Config::*>(&key.member))
        return named_to_toml(config.*(*pools));
    return list_to_toml(config.*std::get<std::vector<SlotRow> Config::*>(key.member));
}

Result<void> check_pool(const Config& config, std::string_view name) {
    std::vector<std::string_view> names;
    for (const auto& [known, pool] : config.pools) names.push_back(known);
    if (std::ranges::find(names, name) != names.end()) return {};
    auto meant = text::nearest(name, names);
    return failure(Errc::bad_request,
                   "there is no pool " + quote(name) +
                       (meant           ? "; did you mean " + quote(*meant) + "?"
                        : names.empty() ? "; none is in the configuration ([pools.NAME])"
                                        : ""));
}

Reloaded reload(const Config& running, const Config& fresh) {
    Reloaded result{.config = running, .need_restart = {}};
    for (const auto& row : keys) {
        if (to_toml(running, row) == to_toml(fresh, row)) continue;
        if (row.reload == Reload::live)
            copy_member(row.member, fresh, result.config);
        else
            result.need_restart.push_back(row.name);
    }
    return result;
}

}  // namespace ccd::daemon
