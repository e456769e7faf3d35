// A channel that is kept full and empty by its producers and consumers.
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "tests/bench/queue/bytes.h"
#include "tests/bench/queue/channels.h"
#include "tests/bench/queue/contestants.h"
#include "tests/bench/queue/counters.h"
#include "tests/bench/queue/crowd.h"

namespace ccd::bench::queue {
namespace {

using Clock = std::chrono::steady_clock;
using harness::Nanos;

constexpr Nanos patience = std::chrono::seconds{30};  // with the first message
constexpr Nanos glance = std::chrono::milliseconds{1};

// What the processes do with messages that are copied in and out, and with those that are not.
struct Copied {
    using Channel = queue::Channel;
    static constexpr auto make = &make_channel;

    [[noreturn]] static void produce(Channel& channel, std::size_t number, std::size_t size) {
        const auto sender = channel.open_sender(number);
        const std::vector<std::byte> message(size);
        for (;;) sender->put(message);
    }
    [[noreturn]] static void consume(Channel& channel, std::size_t number, std::size_t size,
                                     Counter& counter) {
        const auto receiver = channel.open_receiver(number);
        std::vector<std::byte> message(size);
        for (std::uint64_t count = 1;; ++count) {
            receiver->get(message);
            counter.messages.store(count, std::memory_order_relaxed);
        }
    }
};

struct Placed {
    using Channel = PlacedChannel;
    static constexpr auto make = &make_placed_channel;

    [[noreturn]] static void produce(Channel& channel, std::size_t number, std::size_t) {
        const auto sender = channel.open_placed_sender(number);
        for (int filling = 0;; ++filling) {
            const auto room = sender->room();
            std::memset(room.data(), filling & 0xff, room.size());
            sender->publish();
        }
    }
    [[noreturn]] static void consume(Channel& channel, std::size_t number, std::size_t,
                                     Counter& counter) {
        const auto receiver = channel.open_placed_receiver(number);
        std::uint64_t sum = 0;
        for (std::uint64_t count = 1;; ++count) {
            sum += sum_of(receiver->message());
            receiver->release();
            counter.sum.store(sum, std::memory_order_relaxed);
            counter.messages.store(count, std::memory_order_relaxed);
        }
    }
};

// Messages a second. Where none comes in time, until the first.
Result<double> measure_rate(Crowd& crowd, const Counters& counters, Nanos run) {
    const auto give_up_at = Clock::now() + patience;
    while (counters.messages() == 0) {
        if (Clock::now() > give_up_at) return failure(Errc::timeout, "no message came");
        CCD_TRY(crowd.watch(glance));
    }
    CCD_TRY(crowd.watch(run / 5));  // to warm up
    const auto before = counters.messages();
    const auto began = Clock::now();
    CCD_TRY(crowd.watch(run));
    auto after = counters.messages();
    for (; after == before; after = counters.messages()) {
        if (Clock::now() > began + patience) return failure(Errc::timeout, "no message came");
        CCD_TRY(crowd.watch(glance));
    }
    return static_cast<double>(after - before) / harness::seconds_of(Clock::now() - began);
}

// Who is killed takes a part of a channel along, so each run has one of its own.
template <class Ends>
class Flow : public Contestant {
public:
    Flow(std::string who, const Shape& shape, Nanos run, std::optional<std::string> remark)
        : who_(std::move(who)), shape_(shape), run_(run), remark_(std::move(remark)) {}

    Result<Measurement> run() override {
        const auto counters = CCD_TRY(Counters::create(shape_.consumers));
        const auto channel = CCD_TRY(Ends::make(who_, shape_));
        Crowd crowd{shape_.producers + shape_.consumers};
        for (std::size_t i = 0; i < shape_.consumers; ++i)
            CCD_TRY(
                crowd.add([&] { Ends::consume(*channel, i, shape_.message_size, counters[i]); }));
        for (std::size_t i = 0; i < shape_.producers; ++i)
            CCD_TRY(crowd.add([&] { Ends::produce(*channel, i, shape_.message_size); }));
        return Measurement{.rate = CCD_TRY(measure_rate(crowd, counters, run_))};
    }
    std::optional<std::string> remark() const override { return remark_; }

private:
    std::string who_;
    Shape shape_;
    Nanos run_;
    std::optional<std::string> remark_;
};

template <class Ends>
MadeContestant make_flow(std::string_view who, const Shape& shape, Nanos run) {
    const auto trial = CCD_TRY(Ends::make(who, shape));
    return std::make_unique<Flow<Ends>>(std::string{who}, shape, run, trial->remark());
}

}  // namespace

MadeContestant make_copied_flow(std::string_view who, const Shape& shape, Nanos run) {
    return make_flow<Copied>(who, shape, run);
}

MadeContestant make_placed_flow(std::string_view who, const Shape& shape, Nanos run) {
    return make_flow<Placed>(who, shape, run);
}

}  // namespace ccd::bench::queue
