// What becomes of a queue when one of its users dies, or stands still, at any point of what he
// does.
//
// A scenario is played again and again, and its user stopped a point further each time. What a
// death leaves is the memory that others see. So of all instructions between two changes of it one
// is enough: each change is a point, and so is a sleep. With CCD_EVERY_INSTRUCTION=1 in the
// environment every instruction is one, which takes many minutes.
//
// Who stands still has read more than others see. So schedules_test.cpp stops him before each read
// as well.
//
// Owner: the test.
#pragma once

#include <cstdint>
#include <functional>

#include "ccd/queue.h"
#include "tests/lib/shm/scene.h"

namespace ccd::shm {

struct Scenario {
    QueueShape shape{.capacity = 4, .message_size = number_size};
    std::function<void(Scene&)> before;
    Actor::Part part;
    // Of one that goes to sleep: that it does so rightly, and what wakes it.
    std::function<void(Scene&)> relief;
    // One that comes to sleep beside it, and is the next to be woken.
    std::function<void(Walked&)> beside;
    // Messages that are counted as dropped, and lost or got besides, if he dies at the worst point.
    std::uint32_t counted_twice = 0;
};

enum class Fate : std::uint8_t {
    death,
    unseen_death,  // others go round the ring before the repair
    stall,         // others go round the ring before he goes on
};

struct Outcome {
    std::uint32_t points = 0;
    std::uint64_t lost = 0;  // messages, of all points together
    std::uint64_t redelivered = 0;
};

Outcome walk(const Scenario& scenario, Fate fate, OnConsumerDeath on_death);

}  // namespace ccd::shm
