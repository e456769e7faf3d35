// A queue between processes, of which some are walked over, and what must be true of it in the end.
//
// Owner: the test.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "lib/shm/attachment.h"
#include "lib/shm/repair.h"
#include "tests/lib/shm/arena.h"
#include "tests/lib/shm/walked.h"

namespace ccd::shm {

class Scene {
public:
    static constexpr ClientId first_actor = 1;
    static constexpr ClientId other = 100;  // the test's own process

    explicit Scene(QueueShape shape) : shape_(shape) {}

    Actor& enter(const Actor::Part& part) {
        const auto id = static_cast<ClientId>(first_actor + actors_.size());
        return *actors_.emplace_back(std::make_unique<Actor>(memory_, shape_, id, part));
    }

    // By the test's own process.
    void put(std::uint32_t count = 1) {
        for (; count > 0; --count) BOOST_TEST_REQUIRE(try_put(user_));
    }
    bool get() { return try_get(user_); }
    // Its chunk is free only in the end.
    bool take() { return try_take(user_, held_.emplace_back()); }
    bool has_room() {
        ChunkId chunk = 0;
        const bool has = user_.reserve(0, chunk) == Status::done;
        if (has) user_.abandon(chunk);
        return has;
    }
    // As many messages are in line afterwards as before.
    void pass(std::uint64_t count) {
        for (; count > 0; --count) {
            const bool is_full = !try_put(user_);
            BOOST_TEST_REQUIRE(get());
            if (is_full) put();
        }
    }
    void go_round(std::uint64_t laps) { pass(laps * attached_.geometry().slot_count()); }

    const Geometry& geometry() const { return attached_.geometry(); }
    Memory<Hardware> memory() const { return attached_.memory(); }

    // As the daemon does it. REQUIRES: so many actors, the first ones, are over or dead.
    void repair(OnConsumerDeath on_death, std::size_t actors) {
        Repair<Hardware> repair{geometry(), memory(), on_death};
        Dead dead;
        for (std::size_t i = 0; i < actors; ++i) dead.set(first_actor + i);
        repair.begin(dead);
        while (!repair.step(1)) continue;
    }

    // REQUIRES: all actors are over or dead, and repaired. Up to so many messages may be counted
    // as gone that are not, or twice.
    void check_all_is_accounted_for(std::uint32_t counted_twice = 0) {
        for (auto* parking : {&memory().header->readers, &memory().header->writers})
            BOOST_TEST_REQUIRE(parking::registered(parking->waiting.load()) == 0U);
        for (const Taken& taken : std::exchange(held_, {})) user_.acknowledge(taken);
        while (get()) continue;
        check_messages(counted_twice);
        check_it_goes_on();
    }

private:
    bool try_put(Queue<Hardware>& queue) {
        ChunkId chunk = 0;
        const Status status = queue.reserve(number_size, chunk);
        if (status == Status::would_block) return false;
        BOOST_TEST_REQUIRE((status == Status::done));
        write_number(queue.room(chunk), other * numbers_each + put_++);
        BOOST_TEST_REQUIRE((queue.publish(chunk, number_size) == Status::done));
        return true;
    }

    bool try_get(Queue<Hardware>& queue) {
        Taken taken;
        if (!try_take(queue, taken)) return false;
        queue.acknowledge(taken);
        return true;
    }

    bool try_take(Queue<Hardware>& queue, Taken& taken) {
        const Status status = queue.take(taken);
        if (status == Status::would_block) return false;
        BOOST_TEST_REQUIRE((status == Status::done));
        const Number number = number_in(queue.message(taken));
        got_.push_back(number);
        if (taken.deliveries > 0) return true;
        // Of each producer in their order.
        auto& least = next_[number / numbers_each];
        BOOST_TEST_REQUIRE(number >= least);
        least = number + 1;
        return true;
    }

    // Each message that was put, or may have been, was got once or is counted as lost or dropped.
    void check_messages(std::uint32_t counted_twice) {
        std::uint64_t least = put_;
        std::uint64_t most = put_;
        std::map<Number, std::uint64_t> ends{{other, put_}};
        std::vector<Number> all = got_;
        std::uint64_t gone = memory().header->lost.load() + memory().header->dropped.load();
        std::uint64_t perhaps_gone = 0;
        for (std::size_t i = 0; i < actors_.size(); ++i) {
            const Notes& notes = actors_[i]->notes();
            least += notes.puts_done;
            most += notes.puts_begun;
            ends[first_actor + i] = notes.puts_begun;
            all.insert(all.end(), notes.acknowledged.begin(),
                       notes.acknowledged.begin() + notes.acknowledges_done);
            perhaps_gone += notes.acknowledges_begun - notes.acknowledges_done;
        }
        std::ranges::sort(all);
        BOOST_TEST_REQUIRE((std::ranges::adjacent_find(all) == all.end()));
        for (const Number number : all)
            BOOST_TEST_REQUIRE(number % numbers_each < ends[number / numbers_each]);
        BOOST_TEST_REQUIRE(all.size() + gone + perhaps_gone >= least);
        BOOST_TEST_REQUIRE(all.size() + gone <= most + counted_twice);
    }

    // All memory is there for who comes next, under the number of the dead.
    void check_it_goes_on() {
        user_.flush();
        BOOST_TEST_REQUIRE(count_free(geometry(), memory()) == geometry().chunk_count());
        {
            Queue<Hardware> producer{geometry(), memory(), first_actor};
            Queue<Hardware> consumer{geometry(), memory(), other + 1};
            for (std::uint32_t i = 0; i < shape_.capacity; ++i)
                BOOST_TEST_REQUIRE(try_put(producer));
            BOOST_TEST_REQUIRE(!try_put(producer));
            for (std::uint32_t i = 0; i < shape_.capacity; ++i)
                BOOST_TEST_REQUIRE(try_get(consumer));
            for (std::uint64_t i = 0; i < 2 * geometry().slot_count(); ++i)
                BOOST_TEST_REQUIRE((!try_get(consumer) && try_put(producer) && try_get(consumer)));
        }
        BOOST_TEST_REQUIRE(count_free(geometry(), memory()) == geometry().chunk_count());
    }

    QueueShape shape_;
    QueueMemory memory_ = create_queue("test", shape_).value();
    Attachment attached_ = Attachment::open(memory_, shape_, Attachment::Role::producer).value();
    Queue<Hardware> user_{attached_.geometry(), attached_.memory(), other};
    std::vector<std::unique_ptr<Actor>> actors_;
    std::vector<Taken> held_;
    std::uint64_t put_ = 0;
    std::vector<Number> got_;
    std::map<Number, Number> next_;  // of each producer
};

}  // namespace ccd::shm
