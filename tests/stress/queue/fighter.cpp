#include "tests/stress/queue/fighter.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;
using client::Patience;
using client::SharedQueue;
using queue::Use;

constexpr std::array uses{Use::put, Use::get, Use::put, Use::get,
                          Use::put, Use::get, Use::put, Use::both};
constexpr std::chrono::milliseconds glance{100};
constexpr std::chrono::seconds long_wait{3};
constexpr std::uint32_t one_in_lingers = 16;
constexpr std::uint32_t acts_a_visit = 5000;  // then it detaches and comes again, on average

class Fighter {
public:
    static Result<Fighter> open(const Arena& arena, Book& book, std::size_t place) {
        auto client = CCD_TRY(Client::open(arena.socket, patience));
        auto queue = CCD_TRY(SharedQueue::open(client, arena.queue, use_of(place)));
        // Another seed in each life.
        const auto life = book.places()[place].steps.load();
        Correspondent letters{book,
                              {.place = place,
                               .largest = arena.letter_size,
                               .order = arena.order,
                               .lingers = one_in_lingers,
                               .seed = scrambled(scrambled(arena.seed + place) + life)}};
        return Fighter{std::move(client), std::move(queue), std::move(letters), use_of(place)};
    }

    Result<void> work(const Book& book) {
        while (!book.is_over()) {
            if (use_ == Use::put || (use_ == Use::both && letters_.chance(2) == 0))
                put_some();
            else
                get_some();
            if (letters_.chance(acts_a_visit) == 0) CCD_TRY(come_again());
        }
        letters_.place().quiet = 1;
        if (use_ != Use::put) get_the_rest(book);
        queue_.close(client_);
        return {};
    }

private:
    Fighter(Client client, SharedQueue queue, Correspondent letters, Use use)
        : client_(std::move(client)),
          queue_(std::move(queue)),
          letters_(std::move(letters)),
          use_(use) {}

    // Not for ever where the one who waits might be the only one who gets.
    Patience some_patience() {
        const auto chosen = letters_.chance(16);
        if (chosen == 0 && use_ == Use::put) return std::nullopt;
        if (chosen == 1) return long_wait;
        return chosen < 6 ? std::chrono::milliseconds{0} : glance;
    }

    void put_some() {
        if (!letters_.has_letters_left()) {
            std::this_thread::sleep_for(glance);
            ++letters_.place().steps;
            return;
        }
        switch (letters_.chance(8)) {
            case 0:
                return letters_.change_mind(queue_, some_patience());
            case 1:
                letters_.put_several(queue_, some_patience());
                return;
            case 2:
            case 3:
            case 4:
                letters_.put_in_place(queue_, some_patience());
                return;
            default:
                letters_.put(queue_, some_patience());
                return;
        }
    }

    // Who waits does so in place: whoever dies of those that copy may have had something, and
    // nobody knows.
    void get_some() {
        switch (letters_.chance(8)) {
            case 0:
                letters_.get_several(queue_, 0, Millis{0});
                return;
            case 1:
            case 2:
                letters_.get(queue_, 0, Millis{0});
                return;
            default:
                letters_.get_in_place(queue_, 0, some_patience());
                return;
        }
    }

    void get_the_rest(const Book& book) {
        for (;;) {
            const bool is_last = std::ranges::all_of(
                book.places(), [](const Place& place) { return place.quiet != 0; });
            if (letters_.get_in_place(queue_, 0, glance) == 0 && is_last) return;
        }
    }

    Result<void> come_again() {
        const auto name = queue_.name();
        queue_.close(client_);
        queue_ = CCD_TRY(SharedQueue::open(client_, name, use_));
        return {};
    }

    Client client_;
    SharedQueue queue_;
    Correspondent letters_;
    Use use_;
};

}  // namespace

Use use_of(std::size_t place) {
    return uses[place % uses.size()];
}

Result<void> fight(const Arena& arena, Book& book, std::size_t place) {
    auto fighter = CCD_TRY(Fighter::open(arena, book, place));
    return fighter.work(book);
}

}  // namespace ccd::stress
