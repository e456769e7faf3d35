// queue-contention: many processes in one queue, which are killed and stopped all the time.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "lib/shm/geometry.h"
#include "tests/harness/connection.h"
#include "tests/harness/process_figures.h"
#include "tests/stress/check.h"
#include "tests/stress/queue/chaos.h"
#include "tests/stress/queue/contradiction.h"
#include "tests/stress/queue/fighter.h"
#include "tests/stress/scenario.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;
using client::SharedQueue;
using queue::OnConsumerDeath;
using Clock = std::chrono::steady_clock;

constexpr std::size_t processes = 16;
constexpr std::size_t most_processes = 256;
constexpr std::uint64_t letters_each = 2'000'000;  // of a round: more than can be put in it
constexpr std::uint32_t capacity = 128;
constexpr std::uint32_t letter_size = 1024;
constexpr std::chrono::milliseconds short_round{1500};
constexpr std::chrono::seconds long_round{10};
constexpr std::chrono::seconds room_patience{10};
constexpr Bytes most_growth = 16_MiB;

// Of all rounds.
struct Toll {
    std::uint64_t killed = 0;
    std::uint64_t stopped = 0;
    std::uint64_t lost = 0;
    std::uint64_t redelivered = 0;
};

struct Footprint {
    Bytes memory;
    std::size_t descriptors = 0;
};

Result<Footprint> footprint_of(pid_t daemon) {
    const auto memory = CCD_TRY(harness::resident_memory(daemon));
    const auto descriptors = CCD_TRY(harness::open_descriptors(daemon));
    return Footprint{.memory = memory, .descriptors = descriptors};
}

class Round {
public:
    Round(const Ground& ground, Report& report, Client& client, OnConsumerDeath on_death)
        : ground_(ground), report_(report), client_(client), on_death_(on_death) {}

    Result<void> run(std::uint64_t seed, harness::Nanos time, Toll& toll) {
        arena_ = {.socket = ground_.socket,
                  .queue = fresh_word(),
                  .letter_size = letter_size,
                  .order = on_death_ == OnConsumerDeath::drop ? Order::kept : Order::broken,
                  .seed = seed};
        CCD_TRY(client_.call<queue::Create>({.name = arena_.queue,
                                             .capacity = capacity,
                                             .message_size = Bytes{letter_size},
                                             .on_consumer_death = on_death_}));
        auto book =
            CCD_TRY(Book::open(std::min(processes * ground_.scale, most_processes), letters_each));
        const auto casualties = CCD_TRY(fight_it_out(book, time));
        if (!report_.passed()) return {};
        CCD_TRY(check_room());
        const auto view = CCD_TRY(check_letters(book, casualties));
        CCD_TRY(client_.call<queue::Destroy>({.name = arena_.queue}));
        report_.end_step("the queue is destroyed", true);
        toll.killed += casualties.killed;
        toll.stopped += casualties.stopped;
        toll.lost += view.lost;
        toll.redelivered += view.redelivered;
        return {};
    }

private:
    Result<Casualties> fight_it_out(Book& book, harness::Nanos time) {
        auto staff = CCD_TRY(
            Staff::start(book, [&](std::size_t place) { return fight(arena_, book, place); }));
        Chaos chaos{book, staff, scrambled(arena_.seed)};
        end_check(report_, "whoever is not stopped goes on, whoever is killed", chaos.rage(time));
        if (!report_.passed()) return chaos.casualties();
        end_check(report_, "each goes on once nobody is stopped", chaos.calm_down());
        book.set_over();
        const auto wrong = staff.join();
        report_.end_step("all come to their end", !wrong, wrong.value_or(""));
        end_answers(report_, "no error", book.tally());
        return chaos.casualties();
    }

    Result<queue::View> view() { return client_.call<queue::Stat>({.name = arena_.queue}); }

    // When all who used it have gone, everything is there: each chunk and each place in line.
    Result<void> check_room() {
        const auto are_gone = wait_until("nobody is attached", [&]() -> Result<bool> {
            return CCD_TRY(view()).attached.empty();
        });
        report_.end_step("the daemon knows that all are gone", are_gone.has_value());
        end_check(report_, "each chunk can be had", reserve_all());
        auto queue = CCD_TRY(SharedQueue::open(client_, arena_.queue, queue::Use::both));
        end_check(report_, "it can be filled, and emptied again", fill(queue));
        queue.close(client_);
        return {};
    }

    // A user has room for as many as may be in line, so it takes several to have all.
    Result<std::optional<std::string>> reserve_all() {
        const shm::Geometry geometry{{.capacity = capacity, .message_size = letter_size}};
        std::vector<SharedQueue> users;
        std::vector<client::Reservation> reserved;
        std::optional<std::string> refused;
        for (shm::ChunkId i = 0; i < geometry.chunk_count() && !refused; ++i) {
            if (i % capacity == 0)
                users.push_back(
                    CCD_TRY(SharedQueue::open(client_, arena_.queue, queue::Use::both)));
            auto reservation = users.back().reserve(letter_size, room_patience);
            if (reservation)
                reserved.push_back(*reservation);
            else
                refused = fmt::format("{} of {}: {}", i, geometry.chunk_count(),
                                      reservation.error().message);
        }
        for (std::size_t i = 0; i < reserved.size(); ++i)
            CCD_TRY(users[i / capacity].abandon(reserved[i]));
        for (auto& user : users) user.close(client_);
        return refused;
    }

    static Result<std::optional<std::string>> fill(SharedQueue& queue) {
        std::vector<std::byte> bytes(letter_size);
        std::uint32_t put = 0, got = 0;
        while (put <= capacity && queue.put(bytes, Millis{0})) ++put;
        while (got <= capacity && queue.get(bytes, Millis{0})) ++got;
        CCD_TRY(queue.depth());
        if (put == capacity && got == capacity) return std::optional<std::string>{};
        return std::optional{fmt::format("{} put and {} got of {}", put, got, capacity)};
    }

    Result<queue::View> check_letters(const Book& book, const Casualties& casualties) {
        auto seen = CCD_TRY(view());
        seen.put -= std::min<std::uint64_t>(seen.put, capacity);  // with which it was filled
        seen.got -= std::min<std::uint64_t>(seen.got, capacity);
        const auto found = book.inventory();
        const auto wrong = find_contradiction(seen, found, casualties);
        report_.end_step(
            on_death_ == OnConsumerDeath::drop
                ? "no letter comes twice, and none is lost but with the killed"
                : "no letter is lost, and again come only those that the killed had",
            !wrong,
            wrong.value_or(fmt::format("{} put, {} got, {} lost, {} again, {} killed, {} stopped",
                                       seen.put, seen.got, seen.lost, found.again,
                                       casualties.killed, casualties.stopped)));
        return seen;
    }

    const Ground& ground_;
    Report& report_;
    Client& client_;
    const OnConsumerDeath on_death_;
    Arena arena_;
};

// Who uses the queues, and the way to their keeper: the daemon has both from the first queue on.
constexpr std::size_t of_first_queue = 2;

// After a round the daemon has nothing more than before; then it may still have been about to close
// something.
void check_descriptors(Report& report, pid_t daemon, const Footprint& before) {
    Footprint after;
    const auto are_back = wait_until("descriptors", [&]() -> Result<bool> {
        after = CCD_TRY(footprint_of(daemon));
        return after.descriptors <= before.descriptors + of_first_queue;
    });
    report.end_step("the daemon has no more descriptors open than before", are_back.has_value(),
                    fmt::format("{} before, {} after", before.descriptors, after.descriptors));
}

void check_memory(Report& report, Bytes first, Bytes last) {
    report.end_step("the daemon's memory does not grow",
                    last.count <= first.count + most_growth.count,
                    fmt::format("{} KiB after the first round, {} KiB after the last",
                                first.count / 1024, last.count / 1024));
}

Result<pid_t> daemon_at(const std::string& socket) {
    const auto connection = CCD_TRY(harness::connect_to(socket));
    return harness::peer_of(connection.get());
}

}  // namespace

Result<void> contend(const Ground& ground, Report& report) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    const auto daemon = CCD_TRY(daemon_at(ground.socket));
    // Once it answers it has taken our connection.
    CCD_TRY(client.call<queue::List>({}));
    const auto before = footprint_of(daemon);
    const harness::Nanos time =
        ground.duration.count() > 0 ? harness::Nanos{long_round} : harness::Nanos{short_round};
    const auto end = Clock::now() + ground.duration;
    Toll toll;
    std::vector<Bytes> memory;
    for (std::uint64_t round = 0; round < 2 || (report.passed() && Clock::now() < end); ++round) {
        const auto on_death = round % 2 == 0 ? OnConsumerDeath::drop : OnConsumerDeath::redeliver;
        CCD_TRY(Round(ground, report, client, on_death).run(ground.seed + round, time, toll));
        if (!report.passed()) return {};
        if (!before) continue;
        check_descriptors(report, daemon, *before);
        memory.push_back(CCD_TRY(footprint_of(daemon)).memory);
    }
    if (before) check_memory(report, memory.front(), memory.back());
    report.remark =
        fmt::format("{} killed, {} stopped, {} lost, {} redelivered; seed {}", toll.killed,
                    toll.stopped, toll.lost, toll.redelivered, ground.seed);
    return {};
}

}  // namespace ccd::stress
