// queue-lifecycle: queues that are made and destroyed all the time, each by its own process and
// one by all of them at once.
#include <fmt/format.h>

#include "tests/stress/check.h"
#include "tests/stress/queue/correspondent.h"
#include "tests/stress/queue/staff.h"
#include "tests/stress/scenario.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;
using client::SharedQueue;

constexpr std::size_t processes = 4;  // as in the seed
constexpr std::size_t cycles = 30;
constexpr std::uint64_t letters_a_cycle = 3;
constexpr std::uint32_t capacity = 8;
constexpr std::uint32_t letter_size = 256;

struct Names {
    std::string word;  // that they all begin with
    std::size_t cycles;
};

queue::CreateRequest shape_of(const std::string& name) {
    return {.name = name, .capacity = capacity, .message_size = Bytes{letter_size}};
}

// A queue of its own: made, used and destroyed.
Result<void> live_once(Client& client, Correspondent& self, const std::string& name) {
    auto& place = self.place();
    if (!CCD_TRY(client.call<queue::Create>(shape_of(name))).created)
        return failure(Errc::conflict, "queue '" + name + "' was there already");
    ++place.created;
    auto queue = CCD_TRY(SharedQueue::open(client, name, queue::Use::both));
    for (std::uint64_t i = 0; i < letters_a_cycle; ++i)
        if (self.put(queue, patience) + self.get(queue, 0, patience) != 2)
            return failure(Errc::internal, "a letter did not go through");
    queue.close(client);
    if (const auto reply = CCD_TRY(client.call<queue::Destroy>({.name = name}));
        reply.attached != 0)
        return failure(Errc::internal,
                       fmt::format("{} used '{}' still", reply.attached, reply.name));
    ++place.destroyed;
    return {};
}

// Others may have destroyed it at any moment.
template <class Value>
Result<bool> is_there(const Result<Value>& result) {
    if (result) return true;
    if (result.error().code == Errc::not_found) return false;
    return tl::unexpected{result.error()};
}

// True: it was there until the end.
Result<bool> use_contested(SharedQueue& queue, std::uint64_t number) {
    std::byte bytes[letter_size];
    write_letter({.queue = 0, .sender = 0, .number = number}, bytes);
    auto put = queue.put(bytes, Millis{0});
    if (!put && put.error().code == Errc::timeout) put = {};
    if (!CCD_TRY(is_there(put))) return false;
    const auto size = queue.get(bytes, Millis{0});
    if (!size && size.error().code == Errc::timeout) return true;
    if (!CCD_TRY(is_there(size))) return false;
    if (!read_letter(std::span{bytes}.first(*size)))
        return failure(Errc::internal, "a letter of the contested queue is spoilt");
    return true;
}

// All make, use and destroy the one queue at once: each call works, or says that there is none.
Result<void> contest_once(Client& client, Place& place, const std::string& name,
                          std::uint64_t number) {
    if (CCD_TRY(client.call<queue::Create>(shape_of(name))).created) ++place.created;
    auto queue = SharedQueue::open(client, name, queue::Use::both);
    if (CCD_TRY(is_there(queue))) {
        CCD_TRY(use_contested(*queue, number));
        queue->close(client);
    }
    if (CCD_TRY(is_there(client.call<queue::Destroy>({.name = name})))) ++place.destroyed;
    ++place.steps;
    return {};
}

Result<void> live(const Ground& ground, Book& book, std::size_t place, const Names& names) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    Correspondent self{book, {.place = place, .smallest = letter_size, .largest = letter_size}};
    for (std::size_t cycle = 0; cycle < names.cycles; ++cycle)
        CCD_TRY(live_once(client, self, fmt::format("{}-{}-{}", names.word, place, cycle)));
    return {};
}

Result<void> contest(const Ground& ground, Book& book, std::size_t place, const Names& names) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    for (std::uint64_t cycle = 0; cycle < names.cycles; ++cycle)
        CCD_TRY(contest_once(client, book.places()[place], names.word, cycle));
    return {};
}

void end_part(Report& report, const std::string& name, const Book& book,
              const std::optional<std::string>& wrong) {
    const auto created = book.sum(&Place::created), destroyed = book.sum(&Place::destroyed);
    report.end_step(name, !wrong && created == destroyed && book.sum(&Place::errors) == 0,
                    wrong.value_or(fmt::format("{} created, {} destroyed", created, destroyed)));
    report.tally.add(book.tally());
    report.tally.operations += created + destroyed;
}

Result<std::optional<std::string>> find_left(Client& client, const std::string& word) {
    for (queue::ListRequest request;;) {
        const auto reply = CCD_TRY(client.call<queue::List>(request));
        for (const auto& view : reply.queues)
            if (view.name.starts_with(word)) return std::optional{"'" + view.name + "' is left"};
        if (reply.queues.size() < queue::page_limit) return std::optional<std::string>{};
        request.after = reply.queues.back().name;
    }
}

}  // namespace

Result<void> make_and_destroy(const Ground& ground, Report& report) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    const Names names{.word = fresh_word(), .cycles = cycles * ground.scale};
    {
        auto book = CCD_TRY(Book::open(processes, names.cycles * letters_a_cycle));
        auto staff = CCD_TRY(Staff::start(
            book, [&](std::size_t place) { return live(ground, book, place, names); }));
        const auto wrong = staff.join();
        end_part(report, "each makes, uses and destroys its own", book, wrong);
        report.end_step("none is left out",
                        book.sum(&Place::destroyed) == processes * names.cycles);
    }
    auto book = CCD_TRY(Book::open(processes, 0));
    auto staff = CCD_TRY(
        Staff::start(book, [&](std::size_t place) { return contest(ground, book, place, names); }));
    const auto wrong = staff.join();
    end_part(report, "all make, use and destroy the same", book, wrong);
    end_check(report, "no queue is left", find_left(client, names.word));
    return {};
}

}  // namespace ccd::stress
