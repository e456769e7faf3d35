#include "tests/lib/shm/walk.h"

#include <sched.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace ccd::shm {
namespace {

constexpr std::uint64_t laps = 3;

const bool is_each_instruction_a_point = [] {
    const char* given = std::getenv("CCD_EVERY_INSTRUCTION");
    return given != nullptr && std::string_view{given} == "1";
}();

// Who steps and who is stepped take turns: on one processor they need not wake another each time.
class OneProcessor {
public:
    OneProcessor() {
        ::sched_getaffinity(0, sizeof(before_), &before_);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<unsigned>(::sched_getcpu()), &one);
        ::sched_setaffinity(0, sizeof(one), &one);
    }
    OneProcessor(const OneProcessor&) = delete;
    OneProcessor& operator=(const OneProcessor&) = delete;
    ~OneProcessor() { ::sched_setaffinity(0, sizeof(before_), &before_); }

private:
    cpu_set_t before_{};
};

// Whether what others can see has changed since the last look.
class Watch {
public:
    Watch(const Scene& scene, const Notes& notes)
        : parts_{part(scene.memory().header, scene.geometry().control_size()),
                 part(scene.memory().payload, scene.geometry().payload_size()),
                 part(&notes, sizeof(notes))} {
        has_changed();
    }

    bool has_changed() {
        bool has = false;
        for (Part& part : parts_) {
            if (std::memcmp(part.seen.data(), part.bytes.data(), part.bytes.size()) == 0) continue;
            std::memcpy(part.seen.data(), part.bytes.data(), part.bytes.size());
            has = true;
        }
        return has;
    }

private:
    struct Part {
        std::span<const std::byte> bytes;
        std::vector<std::byte> seen;
    };
    static Part part(const void* at, std::size_t size) {
        return {.bytes = {static_cast<const std::byte*>(at), size},
                .seen = std::vector<std::byte>(size)};
    }

    std::array<Part, 3> parts_;
};

// The scenario, once, as far as one point.
class Play {
public:
    explicit Play(const Scenario& scenario) : scenario_(scenario), scene_(scenario.shape) {
        if (scenario.before) scenario.before(scene_);
        actor_ = &scene_.enter(scenario.part);
    }

    // False: it came to its end before.
    bool go_to(std::uint32_t point) {
        Watch watch{scene_, actor_->notes()};
        while (point > 0) {
            switch (actor_->process().step()) {
                case Traced::State::over:
                    return false;
                case Traced::State::asleep:
                    BOOST_TEST_REQUIRE(!is_relieved_);
                    if (--point > 0) relieve();
                    watch.has_changed();
                    break;
                case Traced::State::stopped:
                    if (is_each_instruction_a_point || watch.has_changed()) --point;
                    break;
            }
        }
        return true;
    }

    void end(Fate fate, OnConsumerDeath on_death) {
        if (fate != Fate::stall) actor_->process().kill();
        if (fate != Fate::death) scene_.go_round(laps);
        if (scenario_.relief && (fate == Fate::stall || scenario_.beside)) relieve();
        if (fate == Fate::stall) finish();
        scene_.repair(on_death, 1);
        if (beside_ != nullptr) wake_other();
        scene_.repair(on_death, 2);
        scene_.check_all_is_accounted_for(scenario_.counted_twice);
    }

    void finish() {
        BOOST_TEST_REQUIRE((actor_->process().go_on() == Traced::State::over));
        BOOST_TEST_REQUIRE(actor_->process().has_succeeded());
    }

    const Header<Hardware>& header() const { return *scene_.memory().header; }

private:
    // Once.
    void relieve() {
        if (std::exchange(is_relieved_, true)) return;
        if (scenario_.beside) {
            beside_ = &scene_.enter({.walked = scenario_.beside});
            BOOST_TEST_REQUIRE((beside_->process().go_on() == Traced::State::asleep));
        }
        scenario_.relief(scene_);
    }

    // It has what there was, or there was nothing.
    void wake_other() {
        if (beside_->process().go_on() == Traced::State::asleep) scenario_.relief(scene_);
        BOOST_TEST_REQUIRE((beside_->process().go_on() == Traced::State::over));
        BOOST_TEST_REQUIRE(beside_->process().has_succeeded());
    }

    const Scenario& scenario_;
    Scene scene_;
    Actor* actor_ = nullptr;
    Actor* beside_ = nullptr;
    bool is_relieved_ = false;
};

}  // namespace

Outcome walk(const Scenario& scenario, Fate fate, OnConsumerDeath on_death) {
    const OneProcessor pinned;
    Outcome outcome;
    for (bool is_over = false; !is_over; ++outcome.points) {
        BOOST_TEST_CONTEXT("fate " << static_cast<int>(fate) << ", on death "
                                   << static_cast<int>(on_death) << ", point " << outcome.points) {
            Play play{scenario};
            is_over = !play.go_to(outcome.points);
            if (is_over) play.finish();
            play.end(fate, on_death);
            outcome.lost += play.header().lost.load();
            outcome.redelivered += play.header().redelivered.load();
        }
    }
    return outcome;
}

}  // namespace ccd::shm
