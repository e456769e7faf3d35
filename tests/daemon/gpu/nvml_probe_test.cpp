#include "daemon/gpu/nvml_probe.h"

#include <boost/test/unit_test.hpp>

#include "tests/daemon/gpu/script.h"

namespace {

using namespace ccd;
using gpu::Device;
using gpu::NvmlProbe;
using gpu::Process;

// NVML lists them in another order than the bus.
const std::string far_card = "card 00000000:C1:00.0 GPU-far 24576 300 24276 0 RTX";
const std::string near_card = "card 00000000:65:00.0 GPU-near 24576 300 20180 37 RTX";

struct Fixture {
    gpu::Script script;
    NvmlProbe probe{FAKE_NVML};

    void say(const std::vector<std::string>& lines) const { script.say(lines); }
    std::vector<Device> look() { return probe.look().value(); }
    Device only_card() { return look().at(0); }

    void expect_failure(std::string_view words) {
        auto seen = probe.look();
        BOOST_TEST_REQUIRE(!seen.has_value());
        BOOST_TEST(seen.error().message.find(words) != std::string::npos, seen.error().message);
    }
};

BOOST_FIXTURE_TEST_SUITE(nvml_probe, Fixture)

BOOST_AUTO_TEST_CASE(two_cards_come_in_the_order_of_the_bus_with_all_that_is_known) {
    say({far_card, near_card, "process 1 compute 4242 3000", "process 1 graphics 17 96"});
    auto devices = look();
    BOOST_TEST_REQUIRE(devices.size() == 2U);
    BOOST_TEST((devices[0] == Device{.index = 0,
                                     .uuid = "GPU-near",
                                     .name = "RTX",
                                     .node = "/dev/nvidia101",
                                     .memory = 24276_MiB,
                                     .used = 4096_MiB,
                                     .utilization_percent = 37,
                                     .processes = {Process{.pid = 17, .memory = 96_MiB},
                                                   Process{.pid = 4242, .memory = 3000_MiB}},
                                     .has_process_list = true}));
    BOOST_TEST((devices[1] == Device{.index = 1,
                                     .uuid = "GPU-far",
                                     .name = "RTX",
                                     .node = "/dev/nvidia193",
                                     .memory = 24276_MiB,
                                     .used = Bytes{0},
                                     .utilization_percent = 0,
                                     .has_process_list = true}));
    BOOST_TEST(probe.is_live());
}

BOOST_AUTO_TEST_CASE(a_domain_comes_before_a_bus_and_a_bus_before_a_device) {
    say({"card 00010000:01:00.0 GPU-d 1 0 1 0 x", "card 00000000:0A:00.0 GPU-c 1 0 1 0 x",
         "card 00000000:09:1F.0 GPU-b 1 0 1 0 x", "card 00000000:09:02.0 GPU-a 1 0 1 0 x"});
    std::string order;
    for (const auto& device : look()) order += device.uuid.back();
    BOOST_TEST(order == "abcd");
}

BOOST_AUTO_TEST_CASE(when_the_driver_counts_anew_a_card_keeps_its_uuid_and_place) {
    say({far_card, near_card});
    auto before = look();
    say({near_card, far_card});
    BOOST_TEST((look() == before));
    say({"card 00000000:01:00.0 GPU-new 8192 0 8192 0 RTX", near_card, far_card});
    auto after = look();
    BOOST_TEST(after.at(0).uuid == "GPU-new");
    BOOST_TEST(after.at(2).uuid == "GPU-far");
    BOOST_TEST(after.at(2).index == 2U);
}

BOOST_AUTO_TEST_CASE(memory_that_fills_up_is_seen_with_the_library_opened_once) {
    for (int used = 0; used <= 4096; used += 1024) {
        auto free = std::to_string(8192 - used);
        say({"card 00000000:01:00.0 GPU-a 8192 0 " + free + " 0 RTX"});
        BOOST_TEST((only_card().used == Bytes{static_cast<std::uint64_t>(used) << 20}));
    }
    BOOST_TEST(script.calls("init") == 1);
    BOOST_TEST(script.calls("shutdown") == 0);
}

BOOST_AUTO_TEST_CASE(without_the_newer_memory_call_the_older_one_is_asked) {
    for (auto code : {"13", "25"}) {
        say({near_card, std::string("fail nvmlDeviceGetMemoryInfo_v2 ") + code});
        BOOST_TEST((only_card().memory == 24576_MiB));
        BOOST_TEST((only_card().used == 4396_MiB));
    }
}

BOOST_AUTO_TEST_CASE(what_the_driver_cannot_tell_is_absent) {
    say({"card 00000000:01:00.0 GPU-a 8192 - - - RTX", "process 0 compute 7 -"});
    auto device = only_card();
    BOOST_TEST((device.memory == 8192_MiB));
    BOOST_TEST(!device.used.has_value());
    BOOST_TEST(!device.utilization_percent.has_value());
    BOOST_TEST_REQUIRE(device.processes.size() == 1U);
    BOOST_TEST(!device.processes[0].memory.has_value());

    say({"card 00000000:01:00.0 GPU-a - - - 0 RTX"});
    BOOST_TEST((only_card().memory == Bytes{0}));
    BOOST_TEST(!only_card().used.has_value());
}

BOOST_AUTO_TEST_CASE(a_card_without_memory_counters_or_lists_of_processes_is_still_there) {
    say({near_card, "fail nvmlDeviceGetMemoryInfo_v2 3", "fail nvmlDeviceGetMemoryInfo 3",
         "fail nvmlDeviceGetName 3", "fail nvmlDeviceGetMinorNumber 3",
         "fail nvmlDeviceGetComputeRunningProcesses_v3 4",
         "fail nvmlDeviceGetGraphicsRunningProcesses_v3 3"});
    BOOST_TEST((only_card() == Device{.uuid = "GPU-near", .utilization_percent = 37}));
}

BOOST_AUTO_TEST_CASE(a_process_that_computes_and_draws_is_counted_once) {
    say({near_card, "process 0 compute 7 500", "process 0 graphics 7 500", "process 0 compute 8 -",
         "process 0 graphics 8 20"});
    auto processes = only_card().processes;
    BOOST_TEST_REQUIRE(processes.size() == 2U);
    BOOST_TEST((processes[0] == Process{.pid = 7, .memory = 500_MiB}));
    BOOST_TEST((processes[1] == Process{.pid = 8, .memory = 20_MiB}));
}

BOOST_AUTO_TEST_CASE(any_number_of_processes_is_listed) {
    for (std::size_t count : {32U, 33U, 1000U}) {
        std::vector<std::string> lines{near_card};
        for (std::size_t pid = 1; pid <= count; ++pid)
            lines.push_back("process 0 compute " + std::to_string(pid) + " 1");
        say(lines);
        BOOST_TEST(only_card().processes.size() == count);
    }
}

BOOST_AUTO_TEST_CASE(no_cards_is_an_answer) {
    say({});
    BOOST_TEST(look().empty());
}

BOOST_AUTO_TEST_CASE(a_missing_library_is_an_error_that_names_it) {
    NvmlProbe nowhere{"/nonexistent/libnvidia-ml.so.1"};
    auto seen = nowhere.look();
    BOOST_TEST_REQUIRE(!seen.has_value());
    BOOST_TEST((seen.error().code == Errc::unreachable));
    BOOST_TEST(seen.error().message.find("/nonexistent/libnvidia-ml.so.1") != std::string::npos);
    BOOST_TEST(seen.error().message.find("driver installed?") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_library_that_lacks_a_call_is_refused_naming_the_call) {
    NvmlProbe wrong{"libm.so.6"};
    auto seen = wrong.look();
    BOOST_TEST_REQUIRE(!seen.has_value());
    BOOST_TEST(seen.error().message.find("nvmlInit_v2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_driver_that_is_not_loaded_is_an_error_until_it_is) {
    say({near_card, "fail nvmlInit_v2 9"});
    expect_failure("Driver Not Loaded");
    expect_failure("Driver Not Loaded");
    say({near_card});
    BOOST_TEST(look().size() == 1U);
    BOOST_TEST(script.calls("shutdown") == 0);
}

BOOST_AUTO_TEST_CASE(after_a_driver_upgrade_the_library_is_loaded_anew_and_works_again) {
    say({near_card});
    BOOST_TEST(look().size() == 1U);
    say({near_card, "fail nvmlDeviceGetCount_v2 18"});
    expect_failure("version mismatch");
    BOOST_TEST(script.calls("shutdown") == 1);
    say({near_card, "fail nvmlInit_v2 18"});
    expect_failure("version mismatch");
    say({near_card});
    BOOST_TEST(look().size() == 1U);
    BOOST_TEST(script.calls("init") == 3);
}

BOOST_AUTO_TEST_CASE(a_failure_at_any_call_spoils_the_look_and_the_next_one_begins_anew) {
    for (std::string call :
         {"DeviceGetCount_v2", "DeviceGetHandleByIndex_v2", "DeviceGetUUID", "DeviceGetName",
          "DeviceGetPciInfo_v3", "DeviceGetMemoryInfo_v2", "DeviceGetUtilizationRates",
          "DeviceGetComputeRunningProcesses_v3", "DeviceGetGraphicsRunningProcesses_v3"}) {
        BOOST_TEST_CONTEXT(call) {
            say({near_card});
            BOOST_TEST(look().size() == 1U);
            auto before = script.calls("init");
            say({near_card, "fail nvml" + call + " 999"});
            expect_failure("NVML 999");
            say({near_card});
            BOOST_TEST(look().size() == 1U);
            BOOST_TEST(script.calls("init") == before + 1);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_lost_card_is_not_there_and_the_others_go_on) {
    for (std::string call :
         {"DeviceGetHandleByIndex_v2", "DeviceGetUUID", "DeviceGetUtilizationRates"}) {
        say({far_card, near_card, "fail nvml" + call + " 15 1"});
        auto devices = look();
        BOOST_TEST_REQUIRE(devices.size() == 1U);
        BOOST_TEST(devices[0].uuid == "GPU-far");
    }
    say({far_card, near_card});
    BOOST_TEST(look().size() == 2U);
    BOOST_TEST(script.calls("init") == 4);
}

BOOST_AUTO_TEST_CASE(a_card_that_we_may_not_use_is_not_there_and_the_library_stays_open) {
    say({far_card, near_card, "fail nvmlDeviceGetHandleByIndex_v2 4 0"});
    BOOST_TEST(look().size() == 1U);
    BOOST_TEST(look().size() == 1U);
    BOOST_TEST(script.calls("init") == 1);
}

BOOST_AUTO_TEST_CASE(when_every_card_is_lost_nothing_is_known) {
    say({near_card, "fail nvmlDeviceGetHandleByIndex_v2 15"});
    expect_failure("GPU is lost");
}

BOOST_AUTO_TEST_CASE(the_end_of_a_probe_shuts_the_library_down) {
    say({near_card});
    {
        NvmlProbe other{FAKE_NVML};
        BOOST_TEST(other.look().has_value());
    }
    BOOST_TEST(script.calls("shutdown") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
