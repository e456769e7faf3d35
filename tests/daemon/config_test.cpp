#include "daemon/config.h"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <set>
#include <utility>

namespace {

using namespace ccd;
using namespace ccd::daemon;
using namespace std::chrono_literals;

struct Fixture {
    std::filesystem::path directory = make_directory();

    ~Fixture() { std::filesystem::remove_all(directory); }

    static std::filesystem::path make_directory() {
        auto pattern = (std::filesystem::temp_directory_path() / "config-XXXXXX").string();
        return ::mkdtemp(pattern.data());
    }
    void write(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories((directory / name).parent_path());
        std::ofstream{directory / name} << text;
    }
    Result<Config> load(const std::vector<std::string>& settings = {}) const {
        return load_config({}, config_files(directory).value(), settings);
    }
    Config loaded(std::string_view text) const {
        write("ccd.toml", text);
        auto config = load();
        BOOST_TEST_REQUIRE(config.has_value(), config.error().message);
        return *config;
    }
    // What is said of a text, without the directory.
    std::string refused(std::string_view text) const {
        write("ccd.toml", text);
        auto config = load();
        BOOST_TEST_REQUIRE(!config.has_value(), text);
        BOOST_TEST((config.error().code == Errc::bad_request));
        auto prefix = directory.string() + "/";
        auto message = config.error().message;
        return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
    }
    static Config with(const std::vector<std::string>& settings) {
        auto config = load_config({}, {}, settings);
        BOOST_TEST_REQUIRE(config.has_value(), config.error().message);
        return *config;
    }
    static std::string refused_setting(const std::string& setting) {
        auto config = load_config({}, {}, std::array{setting});
        BOOST_TEST_REQUIRE(!config.has_value(), setting);
        return config.error().message;
    }
};

BOOST_FIXTURE_TEST_SUITE(config, Fixture)

BOOST_AUTO_TEST_CASE(the_table_has_each_key_once_with_a_line_of_doc) {
    std::set<std::string_view> names;
    for (const auto& key : keys) {
        BOOST_TEST(names.insert(key.name).second, key.name);
        BOOST_TEST(!key.doc.empty());
        BOOST_TEST(!key.doc.ends_with('.'));
        BOOST_TEST(key.range.least <= key.range.most);
        BOOST_TEST(find_key(key.name) == &key);
    }
    BOOST_TEST(find_key("daemon") == nullptr);
}

BOOST_AUTO_TEST_CASE(no_file_and_an_empty_file_mean_the_defaults) {
    BOOST_TEST(config_files(directory).value().empty());
    BOOST_TEST(config_files(directory / "nowhere").value().empty());
    BOOST_TEST((load().value() == Config{}));
    BOOST_TEST((loaded("") == Config{}));
    BOOST_TEST((loaded("# nothing\n[daemon]\n[gpu]\n[classes.cpu]\n") == Config{}));
}

BOOST_AUTO_TEST_CASE(every_kind_of_key_is_read_from_a_file) {
    auto config = loaded(R"(
        [daemon]
        socket = "/tmp/a.sock"
        max_connections = 7
        socket_group = ""
        socket_mode = "0600"
        [storage]
        retry_delay = "100ms"
        [jobs]
        executor = "process"
        [gpu]
        source = "static"
        headroom = 1048576
        [[gpu.device]]
        uuid = "GPU-0"
        memory = "24GiB"
        [[gpu.device]]
        uuid = "GPU-1"
        memory = "8GiB"
        name = "small"
        [[gpu.slots]]
        min_memory = "1GiB"
        training = 2
        inference = 0
        [classes.inference]
        priority = -1
        [pools.render]
        size = 50
    )");
    BOOST_TEST(
        (config == Config{.socket = "/tmp/a.sock",
                          .max_connections = 7,
                          .socket_group = "",
                          .socket_mode = FileMode{0600},
                          .retry_delay = 100ms,
                          .executor = ExecutorChoice::process,
                          .gpu_source = GpuSource::fixed_list,
                          .gpu_headroom = 1_MiB,
                          .gpu_devices = {{.uuid = "GPU-0", .memory = 24_GiB},
                                          {.uuid = "GPU-1", .name = "small", .memory = 8_GiB}},
                          .gpu_slots = {{.min_memory = 1_GiB, .training = 2, .inference = 0}},
                          .inference_priority = -1,
                          .pools = {{"render", {.size = 50}}}}));
}

BOOST_AUTO_TEST_CASE(later_files_override_earlier_ones_and_settings_override_all) {
    write("ccd.toml",
          "[jobs]\nmax_running = 1\nstop_grace = \"1s\"\n[storage]\nretry_attempts = 9");
    write("conf.d/20-b.toml", "[jobs]\nmax_running = 3\n");
    write("conf.d/10-a.toml", "jobs.max_running = 2\njobs.stop_grace = \"2s\"\n");
    write("conf.d/30-c.conf", "this is not read");
    auto config = load().value();
    BOOST_TEST(config.max_running == 3U);
    BOOST_TEST((config.stop_grace == 2s));
    BOOST_TEST(config.retry_attempts == 9U);
    config = load({"jobs.max_running=4", "jobs.max_running=5"}).value();
    BOOST_TEST(config.max_running == 5U);
}

BOOST_AUTO_TEST_CASE(a_list_in_a_later_file_replaces_the_whole_list) {
    write("ccd.toml", "[[gpu.slots]]\nmin_memory = \"1GiB\"\ntraining = 2\ninference = 2\n");
    write("conf.d/a.toml", "[[gpu.slots]]\nmin_memory = 0\ntraining = 4\ninference = 4\n");
    auto slots = load().value().gpu_slots;
    BOOST_TEST_REQUIRE(slots.size() == 1U);
    BOOST_TEST(slots[0].training == 4U);
}

BOOST_AUTO_TEST_CASE(of_named_tables_a_later_file_replaces_those_of_its_names) {
    write("ccd.toml", "[pools.render]\nsize = 5\n[pools.license]\nsize = 2\n");
    write("conf.d/a.toml", "[pools.render]\nsize = 7\n[pools.\"a b\"]\nsize = 1\n");
    BOOST_TEST((load({"pools.license.size=3"}).value().pools ==
                Named<Pool>{{"render", {7}}, {"license", {3}}, {"a b", {1}}}));
}

BOOST_AUTO_TEST_CASE(a_named_table_is_checked_like_a_row) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> rows{{
        {"pools = 3", "ccd.toml:1: pools: is a number; allowed: tables [pools.NAME]"},
        {"[pools]\nrender = 3",
         "ccd.toml:2: pools.render: has a row that is no table; allowed in a row: size"},
        {"[pools.render]\nsiez = 3", "ccd.toml:2: pools.render: unknown key 'siez'; allowed: size"},
        {"[pools.render]", "ccd.toml:1: pools.render: a row lacks 'size'"},
        {"[pools.render]\nsize = 0",
         "ccd.toml:2: pools.render.size: '0' is not a whole number from 1 to 1000000"},
        {"[pools.\"\"]\nsize = 1", "ccd.toml:1: pools: the name '' has 0 bytes; allowed: 1 to 128"},
    }};
    for (const auto& [text, wanted] : rows) BOOST_TEST(refused(text) == wanted);
    BOOST_TEST(refused_setting("pools.render.size=0") ==
               "--set: pools.render.size: '0' is not a whole number from 1 to 1000000");
}

BOOST_AUTO_TEST_CASE(a_pool_that_is_not_configured_is_refused_with_the_nearest_that_is) {
    auto said = [](const Config& config, std::string_view name) {
        auto checked = check_pool(config, name);
        return checked ? std::string{} : checked.error().message;
    };
    Config config{.pools = {{"render", {1}}, {"license", {2}}}};
    BOOST_TEST(said(config, "render").empty());
    BOOST_TEST(said(config, "rendr") == "there is no pool 'rendr'; did you mean 'render'?");
    BOOST_TEST(said(config, "frobnicate") == "there is no pool 'frobnicate'");
    BOOST_TEST(said({}, "render") ==
               "there is no pool 'render'; none is in the configuration ([pools.NAME])");
}

BOOST_AUTO_TEST_CASE(a_setting_needs_no_quotes_and_may_have_them) {
    BOOST_TEST((with({"storage.retry_delay=100ms"}).retry_delay == 100ms));
    BOOST_TEST((with({"storage.retry_delay=\"100ms\""}).retry_delay == 100ms));
    BOOST_TEST((with({"storage.retry_delay='100ms'"}).retry_delay == 100ms));
    BOOST_TEST(with({"daemon.socket=/tmp/a=b.sock"}).socket == "/tmp/a=b.sock");
    BOOST_TEST(with({"daemon.socket_group="}).socket_group.empty());
    BOOST_TEST(with({"daemon.max_connections=5"}).max_connections == 5U);
    BOOST_TEST(with({"classes.cpu.priority=-5"}).cpu_priority == -5);
}

BOOST_AUTO_TEST_CASE(a_setting_may_be_a_list_written_as_in_a_file) {
    auto config = with({"gpu.source=static", R"(gpu.device=[{uuid = "GPU-0", memory = "24GiB"}])"});
    BOOST_TEST_REQUIRE(config.gpu_devices.size() == 1U);
    BOOST_TEST(config.gpu_devices[0].uuid == "GPU-0");
}

BOOST_AUTO_TEST_CASE(every_key_set_to_what_it_shows_is_as_it_was) {
    Config config{.socket = "/tmp/q\"uo\\te",
                  .gpu_source = GpuSource::fixed_list,
                  .gpu_devices = {{.uuid = "GPU-0", .name = "a \"b\"", .memory = 24_GiB}},
                  .pools = {{"render", {.size = 50}}, {"a \"b\".c", {.size = 1}}}};
    std::string file;
    for (const auto& key : keys)
        file += std::string(key.name) + " = " + to_toml(config, key) + "\n";
    BOOST_TEST((loaded(file) == config));
}

BOOST_AUTO_TEST_CASE(a_setting_is_refused_with_its_key_and_what_is_allowed) {
    BOOST_TEST(refused_setting("jobs.max_running") ==
               "--set: 'jobs.max_running' has no '='; allowed: KEY=VALUE");
    BOOST_TEST(refused_setting("jobs.max_runing=1") ==
               "--set: unknown key 'jobs.max_runing'; did you mean 'jobs.max_running'?");
    BOOST_TEST(refused_setting("daemon.max_connections=0") ==
               "--set: daemon.max_connections: '0' is not a whole number from 1 to 1000000");
    BOOST_TEST(refused_setting("gpu.slots=3") ==
               "--set: gpu.slots: is a number; allowed: tables [[gpu.slots]]");
    BOOST_TEST(refused_setting("gpu.slots=[").starts_with("--set: "));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_toml_is_refused_with_its_line) {
    BOOST_TEST(refused("[daemon]\nsocket = /run/x\n").starts_with("ccd.toml:2: "));
    BOOST_TEST(refused("[daemon]\nsocket = \"/a\"\nsocket = \"/b\"\n").starts_with("ccd.toml:3: "));
    BOOST_TEST(refused("x = \"\xff\"").starts_with("ccd.toml:1: "));
    BOOST_TEST(refused("[=]").starts_with("ccd.toml:1: "));
    BOOST_TEST(refused(std::string(5000, '[')).starts_with("ccd.toml:1: "));
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_refused_with_the_nearest_or_with_all_of_its_section) {
    BOOST_TEST(refused("[daemon]\n\nmax_conections = 1\n") ==
               "ccd.toml:3: unknown key 'daemon.max_conections'; did you mean "
               "'daemon.max_connections'?");
    BOOST_TEST(refused("[deamon]\nsocket = \"/x\"\n") ==
               "ccd.toml:1: unknown key 'deamon'; did you mean 'daemon'?");
    BOOST_TEST(refused("[gpu]\nfrobnicate = 1\n") ==
               "ccd.toml:2: unknown key 'gpu.frobnicate'; allowed here: device, headroom, library, "
               "policy, settle, slots, source");
    BOOST_TEST(refused("frobnicate = 1\n") ==
               "ccd.toml:1: unknown key 'frobnicate'; allowed here: classes, daemon, gpu, jobs, "
               "pools, queues, storage");
    BOOST_TEST(refused("[classes.trainign]\npriority = 1\n") ==
               "ccd.toml:1: unknown key 'classes.trainign'; did you mean 'classes.training'?");
    BOOST_TEST(
        refused("daemon.socket.path = 1").starts_with("ccd.toml:1: daemon.socket: is a table"));
}

BOOST_AUTO_TEST_CASE(a_value_of_the_wrong_type_is_refused_with_the_right_one) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 9> rows{{
        {"daemon.max_connections = \"5\"",
         "daemon.max_connections: is text in quotes; allowed: a whole number without quotes"},
        {"daemon.max_connections = 1.5",
         "daemon.max_connections: is a number with a point; allowed: a whole number without "
         "quotes"},
        {"daemon.max_connections = true",
         "daemon.max_connections: is true or false; allowed: a whole number without quotes"},
        {"storage.retry_delay = 2",
         "storage.retry_delay: is a number; allowed: a duration in quotes, such as \"2s\""},
        {"daemon.socket_mode = 0o660",
         "daemon.socket_mode: is a number; allowed: octal digits in quotes, such as \"0660\""},
        {"gpu.headroom = [1]",
         "gpu.headroom: is an array; allowed: a size in quotes, such as \"512MiB\", or a number of "
         "bytes"},
        {"jobs.stop_grace = 07:32:00",
         "jobs.stop_grace: is a date or a time; allowed: a duration in quotes, such as \"2s\""},
        {"gpu = 3", "gpu: is a number; allowed: a section [gpu]"},
        {"gpu.device = \"GPU-0\"", "gpu.device: is text in quotes; allowed: tables [[gpu.device]]"},
    }};
    for (const auto& [text, wanted] : rows)
        BOOST_TEST(refused(text) == "ccd.toml:1: " + std::string(wanted));
}

BOOST_AUTO_TEST_CASE(a_value_out_of_range_is_refused_with_the_range) {
    BOOST_TEST(refused("[daemon]\nmax_connections = 0") ==
               "ccd.toml:2: daemon.max_connections: '0' is not a whole number from 1 to 1000000");
    BOOST_TEST(refused("[jobs]\nstop_grace = \"2d\"") ==
               "ccd.toml:2: jobs.stop_grace: '2d' is outside 0s to 1d");
    BOOST_TEST(
        refused("[gpu]\nheadroom = -1").starts_with("ccd.toml:2: gpu.headroom: '-1' is not"));
    BOOST_TEST(refused("[daemon]\nsocket = \"/" + std::string(107, 'x') + "\"")
                   .find("has 108 bytes; allowed: 1 to 107") != std::string::npos);
    BOOST_TEST(
        refused("[daemon]\nmax_connections = 99999999999999999999").starts_with("ccd.toml:2: "));
}

BOOST_AUTO_TEST_CASE(a_row_of_a_list_is_checked_like_a_key) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> rows{{
        {"[[gpu.device]]\nuuid = \"GPU-0\"", "ccd.toml:1: gpu.device: a row lacks 'memory'"},
        {"[[gpu.device]]\nuuid = \"\"\nmemory = \"1GiB\"",
         "ccd.toml:2: gpu.device.uuid: '' has 0 bytes; allowed: 1 to 80"},
        {"[[gpu.device]]\nuuid = \"GPU-0\"\nmemory = \"24GB\"",
         "ccd.toml:3: gpu.device.memory: '24GB' has a unit that may mean two things, write 24GiB; "
         "allowed: a whole number of bytes, or with KiB, MiB, GiB or TiB, such as 512MiB"},
        {"[[gpu.device]]\nuid = \"GPU-0\"\nmemory = \"1GiB\"",
         "ccd.toml:2: gpu.device: unknown key 'uid'; allowed: uuid, memory, name, node"},
        {"gpu.device = [1]",
         "ccd.toml:1: gpu.device: has a row that is no table; allowed in a row: uuid, memory, "
         "name, node"},
        {"[[gpu.slots]]\nmin_memory = \"1GiB\"\ntraining = -1\ninference = 1",
         "ccd.toml:3: gpu.slots.training: '-1' is not a whole number from 0 to 1000"},
    }};
    for (const auto& [text, wanted] : rows) BOOST_TEST(refused(text) == wanted);
}

BOOST_AUTO_TEST_CASE(the_node_of_a_card_is_a_path_in_dev) {
    BOOST_TEST(refused("gpu.device = [{uuid = \"a\", memory = \"1GiB\", node = \"nvidia0\"}]") ==
               "ccd.toml:1: gpu.device.node: is 'nvidia0'; allowed: a path in /dev/");
    auto config =
        loaded("gpu.device = [{uuid = \"a\", memory = \"1GiB\", node = \"/dev/nvidia0\"}]");
    BOOST_TEST(config.gpu_devices.at(0).node == "/dev/nvidia0");
}

BOOST_AUTO_TEST_CASE(two_cards_may_not_share_a_uuid) {
    BOOST_TEST(refused("gpu.device = [{uuid = \"a\", memory = \"1GiB\"}, {uuid = \"a\", memory = "
                       "\"1GiB\"}]") == "ccd.toml:1: gpu.device.uuid: 'a' stands there twice");
}

BOOST_AUTO_TEST_CASE(a_list_has_a_bound) {
    std::string text;
    for (int i = 0; i < 65; ++i)
        text += "[[gpu.slots]]\nmin_memory = 0\ntraining = 1\ninference = 1\n";
    BOOST_TEST(refused(text) == "ccd.toml:1: gpu.slots: has 65 rows; allowed: at most 64");
}

BOOST_AUTO_TEST_CASE(a_static_source_without_cards_is_refused) {
    BOOST_TEST(refused("gpu.source = \"static\"").starts_with("gpu.source: 'static' needs"));
}

BOOST_AUTO_TEST_CASE(a_file_that_was_named_must_be_there_and_be_a_file_of_some_size) {
    std::vector files{directory / "nowhere.toml"};
    BOOST_TEST(load_config({}, files, {}).error().message.find("No such file") !=
               std::string::npos);
    files = {directory};
    BOOST_TEST(load_config({}, files, {}).error().message.find("Is a directory") !=
               std::string::npos);
    write("big.toml", std::string(2 << 20, '#'));
    files = {directory / "big.toml"};
    BOOST_TEST((load_config({}, files, {}).error().code == Errc::over_limit));
}

BOOST_AUTO_TEST_CASE(a_link_to_nowhere_is_not_taken_for_no_file) {
    std::filesystem::create_symlink("nowhere", directory / "ccd.toml");
    BOOST_TEST(!load().has_value());
}

BOOST_AUTO_TEST_CASE(a_reload_takes_live_keys_and_names_the_others) {
    Config running{.socket = "/a", .max_running = 1};
    Config fresh{.socket = "/b", .max_running = 2, .gpu_slots = {{.training = 7}}};
    auto result = reload(running, fresh);
    BOOST_TEST((result.config ==
                Config{.socket = "/a", .max_running = 2, .gpu_slots = {{.training = 7}}}));
    BOOST_TEST_REQUIRE(result.need_restart.size() == 1U);
    BOOST_TEST(result.need_restart[0] == "daemon.socket");
    BOOST_TEST(reload(running, running).need_restart.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
