// queue-mixed: processes that each do a bit of everything in several queues.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
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
using queue::WhenFull;

constexpr std::size_t processes = 6;  // as in the seed
constexpr std::size_t letters_each = 150;
constexpr std::array kinds{WhenFull::block, WhenFull::fail, WhenFull::drop_oldest};
constexpr auto queues = static_cast<std::uint32_t>(kinds.size());
constexpr std::uint32_t capacity = 16;  // so that they are full at times, and empty at others
constexpr std::uint32_t letter_size = 512;
constexpr std::chrono::milliseconds glance{2};

using Names = std::array<std::string, kinds.size()>;

// One of the processes.
class Allrounder {
public:
    static Result<Allrounder> open(const Ground& ground, const Names& names, Book& book,
                                   std::size_t place) {
        Allrounder self{CCD_TRY(Client::open(ground.socket, patience)), names,
                        Correspondent{book,
                                      {.place = place,
                                       .queues = queues,
                                       .largest = letter_size,
                                       .seed = scrambled(ground.seed + place)}}};
        for (const auto& name : names)
            self.opened_.push_back(
                CCD_TRY(SharedQueue::open(self.client_, name, queue::Use::both)));
        return self;
    }

    Result<void> work() {
        while (letters_.has_letters_left()) CCD_TRY(act_once());
        for (auto& queue : opened_) queue.close(client_);
        return {};
    }

private:
    Allrounder(Client client, const Names& names, Correspondent letters)
        : client_(std::move(client)), names_(names), letters_(std::move(letters)) {}

    Result<void> act_once() {
        const auto to = letters_.next_queue();
        const auto from = letters_.chance(queues);
        const client::Patience wait = letters_.chance(2) == 0 ? Millis{0} : glance;
        switch (letters_.chance(20)) {
            case 0:
                return stat(from);
            case 1:
                return come_again(from);
            case 2:
                letters_.forsake(opened_[from], from, wait);
                return come_again(from);
            case 3:
                letters_.change_mind(opened_[to], wait);
                return {};
            case 4:
            case 5:
                letters_.get_several(opened_[from], from, wait);
                return {};
            case 6:
            case 7:
            case 8:
                letters_.get(opened_[from], from, wait);
                return {};
            case 9:
            case 10:
            case 11:
                letters_.get_in_place(opened_[from], from, wait);
                return {};
            case 12:
            case 13:
            case 14:
                letters_.put_in_place(opened_[to], wait);
                return {};
            case 15:
                letters_.put_several(opened_[to], wait);
                return {};
            default:
                letters_.put(opened_[to], wait);
                return {};
        }
    }

    Result<void> stat(std::uint32_t number) {
        const auto view = CCD_TRY(client_.call<queue::Stat>({.name = names_[number]}));
        for (const auto& attached : view.attached)
            if (attached.pid == ::getpid()) return {};
        return failure(Errc::internal, "the daemon does not know that this process is attached");
    }

    Result<void> come_again(std::uint32_t number) {
        opened_[number].close(client_);
        opened_[number] = CCD_TRY(SharedQueue::open(client_, names_[number], queue::Use::both));
        return {};
    }

    Client client_;
    const Names& names_;
    Correspondent letters_;
    std::vector<SharedQueue> opened_;
};

// The last place is for who empties the queues at the end.
Result<void> take_part(const Ground& ground, const Names& names, Book& book, std::size_t place) {
    if (place == processes) return {};
    auto self = CCD_TRY(Allrounder::open(ground, names, book, place));
    return self.work();
}

Result<Names> create(Client& client) {
    Names names;
    for (std::size_t i = 0; i < names.size(); ++i) {
        names[i] = fresh_word();
        CCD_TRY(client.call<queue::Create>({.name = names[i],
                                            .capacity = capacity,
                                            .message_size = Bytes{letter_size},
                                            .when_full = kinds[i]}));
    }
    return names;
}

// A sentence if the daemon's figures are not what the processes have noted.
Result<std::optional<std::string>> compare(Client& client, const std::string& name,
                                           const Inventory& noted) {
    queue::View view;
    const auto is_mended = wait_until("all that was forsaken counts", [&]() -> Result<bool> {
        view = CCD_TRY(client.call<queue::Stat>({.name = name}));
        return view.attached.empty() && view.lost == noted.forsaken && view.got == noted.got &&
               view.depth == noted.missing - view.dropped;
    });
    if (is_mended && view.put == noted.put) return std::optional<std::string>{};
    return std::optional{fmt::format(
        "queue '{}', {} when full: {} put, {} got, {} lost, {} dropped, {} in line, {} attached; "
        "noted are {} put, {} got, {} forsaken, {} missing",
        name, to_string(view.when_full), view.put, view.got, view.lost, view.dropped, view.depth,
        view.attached.size(), noted.put, noted.got, noted.forsaken, noted.missing)};
}

Result<std::optional<std::string>> find_difference(Client& client, const Names& names,
                                                   const Book& book) {
    for (std::size_t i = 0; i < names.size(); ++i)
        if (auto wrong = CCD_TRY(compare(client, names[i], book.inventory(i, queues))))
            return wrong;
    return std::optional<std::string>{};
}

// What is in line is what nobody got.
Result<std::optional<std::string>> empty(Client& client, const Names& names, Book& book) {
    Correspondent last{book, {.place = processes, .queues = queues, .largest = letter_size}};
    for (std::uint32_t i = 0; i < queues; ++i) {
        const auto view = CCD_TRY(client.call<queue::Stat>({.name = names[i]}));
        auto queue = CCD_TRY(SharedQueue::open(client, names[i], queue::Use::get));
        std::uint64_t count = 0;
        while (last.get(queue, i, Millis{0}) > 0) ++count;
        queue.close(client);
        const auto noted = book.inventory(i, queues);
        if (count == view.depth && noted.missing == view.dropped && noted.again == 0) continue;
        return std::optional{fmt::format(
            "{} of {} in line were got, {} are missing where {} were dropped, {} came twice", count,
            view.depth, noted.missing, view.dropped, noted.again)};
    }
    return std::optional<std::string>{};
}

}  // namespace

Result<void> do_everything(const Ground& ground, Report& report) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    const auto names = CCD_TRY(create(client));
    auto book = CCD_TRY(Book::open(processes + 1, letters_each * ground.scale));
    auto staff = CCD_TRY(Staff::start(
        book, [&](std::size_t place) { return take_part(ground, names, book, place); }));
    const auto wrong = staff.join();
    report.end_step(fmt::format("{} processes come to their end", processes), !wrong,
                    wrong.value_or(""));
    end_check(report, "what was put is what was got, lost, dropped, or is in line",
              find_difference(client, names, book));
    end_check(report, "what is in line is what nobody got", empty(client, names, book));
    end_answers(report, "no error, and each sender's letters come in order", book.tally());
    for (const auto& name : names) CCD_TRY(client.call<queue::Destroy>({.name = name}));
    report.end_step("the queues are destroyed", true);
    return {};
}

}  // namespace ccd::stress
