#include "tests/stress/subscribers.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

#include "tests/harness/error.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;
using Clock = std::chrono::steady_clock;

// How often it is looked whether the last event is known by now.
constexpr int look_interval = 20;  // milliseconds

}  // namespace

Result<std::uint64_t> newest_event(const std::string& socket) {
    auto client = CCD_TRY(Client::open(socket, patience));
    auto stream = CCD_TRY(client.send<job::Events>({.since = beyond_all_events, .job = {}}));
    auto item = CCD_TRY(client.receive_item<job::Events>(stream));
    if (!item || !item->gap)
        return failure(Errc::internal, "no gap was told where there are no events");
    return item->seq;
}

Result<Subscribers> Subscribers::open(Audience audience) {
    UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll) return harness::failure_from(errno, "no epoll");
    Subscribers all{std::move(audience), std::move(epoll)};
    const auto& asked = all.audience_;
    for (std::size_t number = 0; number < asked.count; ++number) {
        auto client = CCD_TRY(Client::open(asked.socket, patience));
        auto stream = CCD_TRY(client.send<job::Events>({.since = asked.since, .job = {}}));
        bool is_restless = asked.restless > 0 && number % asked.restless == 0;
        all.subscribers_.push_back({std::move(client), stream, Sequence{asked.since},
                                    is_restless ? asked.events_each : 0});
        CCD_TRY(all.watch(number));
    }
    return all;
}

Result<void> Subscribers::read_until(const std::atomic<std::uint64_t>& last) {
    std::array<epoll_event, 64> ready;
    auto deadline = Clock::now() + patience;
    while (!have_all_seen(last)) {
        int count = ::epoll_wait(epoll_.get(), ready.data(), ready.size(), look_interval);
        if (count < 0 && errno != EINTR) return harness::failure_from(errno, "cannot wait");
        if (count > 0) deadline = Clock::now() + patience;
        if (Clock::now() > deadline)
            return failure(Errc::timeout, "the last event has not come to all");
        for (int i = 0; i < count; ++i) CCD_TRY(read(ready[static_cast<std::size_t>(i)].data.u64));
    }
    compare();
    return {};
}

Result<void> Subscribers::watch(std::size_t number) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = number}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, subscribers_[number].client.descriptor(),
                    &event) != 0)
        return harness::failure_from(errno, "no epoll");
    return {};
}

// All that has come for it, without waiting.
Result<void> Subscribers::read(std::size_t number) {
    auto& subscriber = subscribers_[number];
    auto& sequence = subscriber.sequence;
    while (CCD_TRY(subscriber.client.is_ready(subscriber.stream))) {
        auto event = CCD_TRY(subscriber.client.receive_item<job::Events>(subscriber.stream));
        if (!event) return failure(Errc::internal, "the stream of events ended");
        auto wrong = sequence.observe(*event);
        if (wrong && !broken_) broken_ = "subscriber " + std::to_string(number) + ": " + *wrong;
        if (subscriber.hangs_up_at > 0 && sequence.events() >= subscriber.hangs_up_at)
            return come_again(number);
    }
    return {};
}

// What has come and was not looked at yet is lost to it, and is asked for anew. The old connection
// leaves epoll as it is closed.
Result<void> Subscribers::come_again(std::size_t number) {
    auto& subscriber = subscribers_[number];
    subscriber.client = CCD_TRY(Client::open(audience_.socket, patience));
    subscriber.stream = CCD_TRY(
        subscriber.client.send<job::Events>({.since = subscriber.sequence.last(), .job = {}}));
    subscriber.hangs_up_at += audience_.events_each;
    ++resumed_;
    return watch(number);
}

bool Subscribers::have_all_seen(std::uint64_t last) const {
    return last > 0 && std::ranges::all_of(subscribers_, [&](const Subscriber& subscriber) {
               return subscriber.sequence.events() > 0 && subscriber.sequence.last() >= last;
           });
}

// Only where nothing was missing must all have been told the same; one who has seen more than the
// last event cannot be compared.
void Subscribers::compare() {
    auto differs = [&](const Subscriber& subscriber) {
        const auto& first = subscribers_.front().sequence;
        return subscriber.sequence.last() == first.last() && subscriber.sequence.gaps() == 0 &&
               first.gaps() == 0 && subscriber.sequence.digest() != first.digest();
    };
    if (!broken_ && std::ranges::any_of(subscribers_, differs))
        broken_ = "two subscribers were told different things";
}

std::uint64_t Subscribers::events() const {
    std::uint64_t sum = 0;
    for (const auto& subscriber : subscribers_) sum += subscriber.sequence.events();
    return sum;
}

std::uint64_t Subscribers::gaps() const {
    std::uint64_t sum = 0;
    for (const auto& subscriber : subscribers_) sum += subscriber.sequence.gaps();
    return sum;
}

}  // namespace ccd::stress
