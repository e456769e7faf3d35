// queue-hostile: one who uses a queue writes nonsense into its memory all the time. That may cost
// the others in that queue their messages, and nobody anything else.
#include <fmt/format.h>

#include <chrono>
#include <random>

#include "lib/client/shared_queue.h"
#include "tests/stress/check.h"
#include "tests/stress/queue/letter.h"
#include "tests/stress/queue/staff.h"
#include "tests/stress/queue/vandal.h"
#include "tests/stress/scenario.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;
using client::SharedQueue;
using Clock = std::chrono::steady_clock;

constexpr harness::Nanos usual_time{2'000'000'000};
constexpr std::size_t victims = 3;
enum Role : std::size_t { vandal = victims, bystander, roles };

constexpr std::uint32_t capacity = 64;
constexpr std::uint32_t letter_size = 256;
constexpr std::size_t acts = 200;  // of a victim, from one attachment to the next
constexpr std::size_t rages = 50;  // of a vandal likewise,
constexpr std::size_t words_a_rage =
    200;  // and what is left in peace between two of them is little
constexpr Millis little{2};

struct Names {
    std::string spoilt;
    std::string clean;
};

queue::CreateRequest shape_of(const std::string& name) {
    return {.name = name,
            .capacity = capacity,
            .message_size = Bytes{letter_size},
            .on_consumer_death = queue::OnConsumerDeath::redeliver};
}

// The queue is made anew all the time: what is broken for good is broken soon.
Result<void> destroy_things(const Ground& ground, Book& book, const Names& names) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    for (std::uint64_t round = 0; !book.is_over(); ++round) {
        CCD_TRY(client.call<queue::Create>(shape_of(names.spoilt)));
        auto self = CCD_TRY(Vandal::break_in(client, names.spoilt, ground.seed + round));
        for (std::size_t rage = 0; rage < rages && !book.is_over(); ++rage) {
            self.rage(words_a_rage);
            ++book.places()[vandal].steps;
        }
        CCD_TRY(client.call<queue::Destroy>({.name = names.spoilt}));
        CCD_TRY(self.leave(client));
    }
    return {};
}

// Every answer is a good one, if it comes.
void suffer_once(SharedQueue& queue, std::mt19937_64& chance) {
    std::byte bytes[letter_size] = {};
    switch (chance() % 4) {
        case 0:
            static_cast<void>(queue.put(bytes, little));
            return;
        case 1:
            static_cast<void>(queue.get(bytes, little));
            return;
        case 2:
            if (auto room = queue.reserve(letter_size, little)) {
                write_letter({}, room->room);
                static_cast<void>(chance() % 2 == 0 ? queue.commit(*room, letter_size)
                                                    : queue.abandon(*room));
            }
            return;
        default:
            if (auto message = queue.peek(little)) {
                static_cast<void>(read_letter(message->bytes));
                static_cast<void>(queue.acknowledge(*message));
            }
    }
}

Result<void> suffer(const Ground& ground, Book& book, std::size_t place, const Names& names) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    std::mt19937_64 chance{ground.seed + place};
    while (!book.is_over()) {
        auto queue = SharedQueue::open(client, names.spoilt, queue::Use::both);
        for (std::size_t act = 0; act < acts && queue; ++act) {
            suffer_once(*queue, chance);
            ++book.places()[place].steps;
        }
        if (queue) queue->close(client);
        ++book.places()[place].steps;
    }
    return {};
}

Result<void> live_next_door(const Ground& ground, Book& book, const Names& names) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    auto queue = CCD_TRY(SharedQueue::open(client, names.clean, queue::Use::both));
    auto& place = book.places()[bystander];
    for (std::uint64_t number = 0; !book.is_over(); ++number, ++place.steps) {
        std::byte bytes[letter_size];
        const Letter letter{.queue = 1, .sender = bystander, .number = number};
        write_letter(letter, bytes);
        CCD_TRY(queue.put(bytes, patience));
        const auto size = CCD_TRY(queue.get(bytes, patience));
        if (read_letter(std::span{bytes}.first(size)) != letter)
            return failure(Errc::internal, "a letter of the other queue is spoilt");
    }
    queue.close(client);
    return {};
}

Result<void> act(const Ground& ground, Book& book, std::size_t place, const Names& names) {
    if (place == vandal) return destroy_things(ground, book, names);
    if (place == bystander) return live_next_door(ground, book, names);
    return suffer(ground, book, place, names);
}

// The daemon has repairs to make all the time, and answers nevertheless.
Result<std::optional<std::string>> watch(Client& client, Book& book, Staff& staff,
                                         harness::Nanos time, std::uint64_t seed, Report& report) {
    std::vector<Stillness> watches(roles);
    std::mt19937_64 chance{seed};
    for (const auto end = Clock::now() + time; Clock::now() < end;) {
        const auto began = Clock::now();
        CCD_TRY(client.call<queue::List>({}));
        report.tally.latency.record(Clock::now() - began);
        ++report.tally.operations;
        for (std::size_t place = 0; place < roles; ++place) {
            if (const auto status = staff.at(place).wait(Millis{1}))
                return staff.describe_end(place, *status);
            if (watches[place].is_still(book.places()[place]))
                return describe_stillness(place, book.places()[place]);
        }
        const auto victim = chance() % victims;
        staff.at(victim).kill();
        CCD_TRY(staff.replace(victim));
    }
    book.set_over();
    return staff.join();
}

}  // namespace

Result<void> bear_a_vandal(const Ground& ground, Report& report) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    const auto word = fresh_word();
    const Names names{.spoilt = word + "-spoilt", .clean = word + "-clean"};
    CCD_TRY(client.call<queue::Create>(shape_of(names.clean)));
    auto book = CCD_TRY(Book::open(roles, 0));
    auto staff = CCD_TRY(
        Staff::start(book, [&](std::size_t place) { return act(ground, book, place, names); }));
    const auto time = std::max(usual_time, ground.duration);
    end_check(report, "everybody goes on, and the other queue is unharmed",
              watch(client, book, staff, time, ground.seed, report));
    const auto slowest = report.tally.latency.max();
    report.end_step("the daemon answers", slowest <= answer_limit,
                    fmt::format("{:.1f} ms at most", harness::seconds_of(slowest) * 1e3));
    CCD_TRY(client.call<queue::Destroy>({.name = names.clean}));
    report.remark = fmt::format("{} times {} words spoilt, {} acts of others; seed {}",
                                book.places()[vandal].steps.load(), words_a_rage,
                                book.sum(&Place::steps), ground.seed);
    return {};
}

}  // namespace ccd::stress
