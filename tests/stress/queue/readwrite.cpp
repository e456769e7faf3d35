// queue-readwrite: processes that put, and processes that get, in several queues at once.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "tests/stress/check.h"
#include "tests/stress/queue/correspondent.h"
#include "tests/stress/queue/staff.h"
#include "tests/stress/scenario.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;
using client::SharedQueue;
using Clock = std::chrono::steady_clock;

// As in the seed.
constexpr std::size_t queues = 2;
constexpr std::size_t pairs = 2;  // of a producer and a consumer
constexpr std::size_t letters_each = 200;
constexpr std::uint32_t letter_size = 1024;

constexpr std::size_t most_pairs = 16;
constexpr std::uint32_t capacity = 64;  // so that producers have to wait
constexpr std::chrono::milliseconds glance{1};

struct Exchange {
    std::vector<std::string> names;
    std::size_t pairs;
    std::uint64_t letters_each;

    std::uint64_t total() const { return pairs * letters_each; }
};

Result<std::vector<SharedQueue>> open_all(Client& client, const Exchange& exchange,
                                          queue::Use use) {
    std::vector<SharedQueue> opened;
    for (const auto& name : exchange.names)
        opened.push_back(CCD_TRY(SharedQueue::open(client, name, use)));
    return opened;
}

Result<void> produce(Correspondent& sender, std::vector<SharedQueue>& opened) {
    while (sender.has_letters_left())
        if (sender.put(opened[sender.next_queue()], patience) == 0)
            return failure(Errc::timeout, "a letter could not be put");
    return {};
}

Result<void> consume(Correspondent& receiver, std::vector<SharedQueue>& opened, const Book& book,
                     std::uint64_t total) {
    auto last_letter = Clock::now();
    for (std::uint64_t seen = 0; seen < total;) {
        for (std::uint32_t number = 0; number < queues; ++number)
            receiver.get(opened[number], number, glance);
        const auto now = Clock::now();
        if (const auto got = book.sum(&Place::got); std::exchange(seen, got) != got)
            last_letter = now;
        if (now - last_letter > stuck_limit)
            return failure(Errc::timeout, fmt::format("{} of {} letters have come", seen, total));
    }
    return {};
}

// Producers have the first places, consumers the others.
Result<void> take_part(const Ground& ground, const Exchange& exchange, Book& book,
                       std::size_t place) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    const bool puts = place < exchange.pairs;
    auto opened = CCD_TRY(open_all(client, exchange, puts ? queue::Use::put : queue::Use::get));
    Correspondent self{book,
                       {.place = place,
                        .queues = queues,
                        .smallest = letter_size,
                        .largest = letter_size,
                        .seed = ground.seed + place}};
    CCD_TRY(puts ? produce(self, opened) : consume(self, opened, book, exchange.total()));
    for (auto& queue : opened) queue.close(client);
    return {};
}

Result<Exchange> create(Client& client, const Ground& ground) {
    Exchange exchange{.names = {},
                      .pairs = std::min(pairs * ground.scale, most_pairs),
                      .letters_each = letters_each * ground.scale};
    for (std::size_t i = 0; i < queues; ++i) {
        exchange.names.push_back(fresh_word());
        CCD_TRY(client.call<queue::Create>({.name = exchange.names.back(),
                                            .capacity = capacity,
                                            .message_size = Bytes{letter_size}}));
    }
    return exchange;
}

// What the daemon says of each, once those who used it have gone.
Result<std::optional<std::string>> find_difference(Client& client, const Exchange& exchange,
                                                   const Book& book) {
    for (std::size_t i = 0; i < queues; ++i) {
        const auto expected = book.inventory(i, queues).put;
        queue::View view;
        auto is_told = wait_until("the daemon counts all", [&]() -> Result<bool> {
            view = CCD_TRY(client.call<queue::Stat>({.name = exchange.names[i]}));
            return view.attached.empty() && view.got == expected;
        });
        if (is_told && view.put == expected && view.depth == 0 && view.lost == 0) continue;
        return std::optional{fmt::format("{} put, {} got, {} in line, {} lost, {} attached, of {}",
                                         view.put, view.got, view.depth, view.lost,
                                         view.attached.size(), expected)};
    }
    return std::optional<std::string>{};
}

void check_letters(Report& report, const Exchange& exchange, const Book& book) {
    const auto found = book.inventory();
    const bool is_right = found.put == exchange.total() && found.got == exchange.total() &&
                          found.open == 0 && found.again == 0;
    report.end_step("every letter was got exactly once, whole", is_right,
                    fmt::format("{} put, {} got, {} twice", found.put, found.got, found.again));
}

}  // namespace

Result<void> read_and_write(const Ground& ground, Report& report) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    const auto exchange = CCD_TRY(create(client, ground));
    auto book = CCD_TRY(Book::open(2 * exchange.pairs, exchange.letters_each));
    auto staff = CCD_TRY(Staff::start(
        book, [&](std::size_t place) { return take_part(ground, exchange, book, place); }));
    const auto wrong = staff.join();
    report.end_step(fmt::format("{} producers and {} consumers come to their end", exchange.pairs,
                                exchange.pairs),
                    !wrong, wrong.value_or(fmt::format("{} letters", exchange.total())));
    end_answers(report, "no error, and each sender's letters come in order", book.tally());
    check_letters(report, exchange, book);
    end_check(report, "the daemon counts the same", find_difference(client, exchange, book));
    for (const auto& name : exchange.names) CCD_TRY(client.call<queue::Destroy>({.name = name}));
    report.end_step("the queues are destroyed", true);
    return {};
}

}  // namespace ccd::stress
