#include "daemon/gpu/watcher.h"

#include <fcntl.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <semaphore>

#include "ccd/unique_fd.h"
#include "daemon/gpu/nvml_probe.h"
#include "daemon/gpu/static_probe.h"
#include "tests/daemon/gpu/proc.h"
#include "tests/daemon/gpu/script.h"

namespace {

using namespace ccd;
using namespace std::chrono_literals;
using gpu::Device;
using gpu::Watcher;

constexpr Time start{};

// The test's hold on a probe: it sees that a look has begun, and lets it end.
struct Gate {
    std::counting_semaphore<> begun{0};
    std::counting_semaphore<> released{0};
    std::promise<void> is_gone;
};

// Each look lasts until it is released. The n-th finds one card with n GiB used.
class GatedProbe final : public gpu::GpuProbe {
public:
    explicit GatedProbe(Gate& gate) : gate_(gate) {}
    ~GatedProbe() override { gate_.is_gone.set_value(); }

    std::string_view name() const override { return "gated"; }
    bool is_live() const override { return true; }
    Result<std::vector<Device>> look() override {
        gate_.begun.release();
        gate_.released.acquire();
        ++looks_;
        return std::vector{Device{.uuid = "GPU-a", .used = Bytes{looks_ << 30}}};
    }

private:
    Gate& gate_;
    std::uint64_t looks_ = 0;
};

// Says when it is gone, library and all.
class MortalProbe final : public gpu::GpuProbe {
public:
    explicit MortalProbe(Gate& gate) : gate_(gate) {}
    ~MortalProbe() override {
        probe_.reset();
        gate_.is_gone.set_value();
    }

    std::string_view name() const override { return probe_->name(); }
    bool is_live() const override { return probe_->is_live(); }
    Result<std::vector<Device>> look() override { return probe_->look(); }

private:
    Gate& gate_;
    std::unique_ptr<GpuProbe> probe_ = std::make_unique<gpu::NvmlProbe>(FAKE_NVML);
};

struct Fixture {
    Gate gate;
    std::counting_semaphore<> woken{0};
    Watcher::OnWake wake = [this] { woken.release(); };

    std::unique_ptr<Watcher> watch(Millis patience = 1h) {
        return std::make_unique<Watcher>(std::make_unique<GatedProbe>(gate), wake, patience);
    }
    void end_look() {
        gate.released.release();
        woken.acquire();
    }
    static std::uint64_t look_number(Watcher& watcher) {
        return watcher.take().value().value().at(0).used.value().count >> 30;
    }
};

BOOST_FIXTURE_TEST_SUITE(watcher, Fixture)

BOOST_AUTO_TEST_CASE(a_look_is_made_when_it_is_asked_for_and_taken_once) {
    auto watcher = watch();
    BOOST_TEST(watcher->name() == "gated");
    BOOST_TEST(watcher->is_live());
    BOOST_TEST(!watcher->asked_at().has_value());
    BOOST_TEST(!watcher->take().has_value());
    watcher->request(start);
    end_look();
    BOOST_TEST(look_number(*watcher) == 1U);
    BOOST_TEST(!watcher->take().has_value());
    BOOST_TEST(!watcher->asked_at().has_value());
}

BOOST_AUTO_TEST_CASE(a_look_that_hangs_shows_since_when_it_was_asked_for) {
    auto watcher = watch();
    watcher->request(start + 5s);
    BOOST_TEST((watcher->asked_at() == start + 5s));
    gate.begun.acquire();
    BOOST_TEST(watcher->asked_at().has_value());
    watcher->request(start + 9s);
    BOOST_TEST((watcher->asked_at() == start + 5s));
    BOOST_TEST(!watcher->take().has_value());
    end_look();
    BOOST_TEST((watcher->asked_at() == start + 9s));
    end_look();
    BOOST_TEST(!watcher->asked_at().has_value());
}

BOOST_AUTO_TEST_CASE(requests_during_a_look_are_answered_by_one_more) {
    auto watcher = watch();
    watcher->request(start);
    gate.begun.acquire();
    for (int i = 0; i < 10; ++i) watcher->request(start + 1s);
    end_look();
    BOOST_TEST(look_number(*watcher) == 1U);
    end_look();
    BOOST_TEST(look_number(*watcher) == 2U);
    BOOST_TEST(!watcher->asked_at().has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_says_which_question_was_the_last_before_it_began) {
    auto watcher = watch();
    watcher->request(start + 1s);
    gate.begun.acquire();
    watcher->request(start + 2s);
    watcher->request(start + 3s);
    end_look();
    look_number(*watcher);
    BOOST_TEST((watcher->answered() == start + 1s));
    end_look();
    look_number(*watcher);
    BOOST_TEST((watcher->answered() == start + 3s));
}

BOOST_AUTO_TEST_CASE(the_processes_that_a_live_probe_has_found_have_owners) {
    gpu::Script script;
    gpu::Proc proc;
    proc.add({.pid = 42, .parent = 1, .uid = 1001, .cgroup = "0::/a.service"});
    script.say({"card 00000000:01:00.0 GPU-a 8192 0 8000 0 RTX", "process 0 compute 42 100",
                "process 0 compute 43 92"});
    Watcher watcher{std::make_unique<gpu::NvmlProbe>(FAKE_NVML), wake, 1s, proc.path()};
    watcher.request(start);
    woken.acquire();
    auto processes = watcher.take().value().value().at(0).processes;
    BOOST_TEST_REQUIRE(processes.size() == 2U);
    BOOST_TEST(
        (processes[0].owner == gpu::Owner{.uid = 1001, .units = {"a.service"}, .ancestors = {1}}));
    BOOST_TEST(!processes[1].owner.has_value());
}

BOOST_AUTO_TEST_CASE(the_newest_result_replaces_one_that_nobody_took) {
    auto watcher = watch();
    watcher->request(start);
    end_look();
    watcher->request(start);
    end_look();
    BOOST_TEST(look_number(*watcher) == 2U);
    BOOST_TEST(!watcher->take().has_value());
}

BOOST_AUTO_TEST_CASE(an_error_is_a_result_like_another) {
    Watcher watcher{std::make_unique<gpu::NvmlProbe>("/nonexistent"), wake};
    watcher.request(start);
    woken.acquire();
    auto look = watcher.take();
    BOOST_TEST_REQUIRE(look.has_value());
    BOOST_TEST((look->error().code == Errc::unreachable));
}

BOOST_AUTO_TEST_CASE(on_wake_may_already_take_the_result) {
    std::promise<std::optional<Watcher::Look>> taken;
    Watcher* self = nullptr;
    Watcher watcher{std::make_unique<gpu::StaticProbe>(std::vector<Device>{}),
                    [&] { taken.set_value(self->take()); }};
    self = &watcher;
    watcher.request(start);
    BOOST_TEST(taken.get_future().get().has_value());
}

BOOST_AUTO_TEST_CASE(the_end_of_an_idle_watcher_ends_its_probe_first) {
    watch().reset();
    BOOST_TEST((gate.is_gone.get_future().wait_for(0s) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(a_patient_end_waits_for_the_look_in_progress) {
    auto watcher = watch();
    watcher->request(start);
    gate.begun.acquire();
    gate.released.release();
    watcher.reset();
    BOOST_TEST((gate.is_gone.get_future().wait_for(0s) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(a_hung_look_does_not_hold_up_the_end_and_wakes_nobody_after_it) {
    auto watcher = watch(0ms);
    watcher->request(start);
    gate.begun.acquire();
    watcher.reset();
    auto gone = gate.is_gone.get_future();
    BOOST_TEST((gone.wait_for(0s) == std::future_status::timeout));
    gate.released.release();
    gone.wait();
    BOOST_TEST(!woken.try_acquire());
}

BOOST_AUTO_TEST_CASE(a_driver_that_hangs_is_left_behind_and_a_new_watcher_sees_the_cards) {
    const std::string card = "card 00000000:01:00.0 GPU-a 8192 0 8192 0 RTX";
    gpu::Script script;
    auto fifo = script.make_fifo();
    script.say({card, "hang nvmlDeviceGetCount_v2 " + fifo.string()});
    auto hung = std::make_unique<Watcher>(std::make_unique<MortalProbe>(gate), wake, 0ms);
    hung->request(start);
    // A FIFO opens for writing when somebody reads it: the look is inside the driver now.
    UniqueFd driver{::open(fifo.c_str(), O_WRONLY | O_CLOEXEC)};
    BOOST_TEST_REQUIRE(static_cast<bool>(driver));
    BOOST_TEST(hung->asked_at().has_value());
    hung.reset();

    script.say({card});
    Watcher fresh{std::make_unique<gpu::NvmlProbe>(FAKE_NVML), wake};
    fresh.request(start);
    woken.acquire();
    BOOST_TEST(fresh.take().value().value().size() == 1U);

    driver.reset();
    gate.is_gone.get_future().wait();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
