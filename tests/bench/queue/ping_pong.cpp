// Two processes that answer each other, over two channels.
#include <array>
#include <chrono>
#include <thread>

#include "tests/bench/queue/channels.h"
#include "tests/bench/queue/contestants.h"
#include "tests/bench/queue/crowd.h"
#include "tests/bench/queue/shared_memory.h"

namespace ccd::bench::queue {
namespace {

using Clock = std::chrono::steady_clock;
using harness::Nanos;

// Longer than anybody spins before he sleeps.
constexpr Nanos pause_before_sending = std::chrono::microseconds{200};
constexpr Nanos patience = std::chrono::seconds{30};  // beyond the run
constexpr std::size_t message_size = 64;

struct Message {
    Nanos held{0};  // how long the answer was held back
    std::array<std::byte, message_size - sizeof(Nanos)> filling{};

    std::span<std::byte> bytes() { return std::as_writable_bytes(std::span{this, 1}); }
};
static_assert(sizeof(Message) == message_size);

// What the asking process leaves behind.
struct Outcome {
    double p50, p99, mean;  // seconds
};

Nanos let_the_other_sleep(Waiting waiting) {
    if (waiting == Waiting::spinning) return Nanos{0};
    const auto began = Clock::now();
    std::this_thread::sleep_for(pause_before_sending);
    return Clock::now() - began;
}

[[noreturn]] void answer(Channel& questions, Channel& answers, Waiting waiting) {
    const auto receiver = questions.open_receiver(0);
    const auto sender = answers.open_sender(0);
    Message message;
    for (;;) {
        receiver->get(message.bytes());
        message.held = let_the_other_sleep(waiting);
        sender->put(message.bytes());
    }
}

class Asker {
public:
    Asker(Channel& questions, Channel& answers, Waiting waiting)
        : sender_(questions.open_sender(0)),
          receiver_(answers.open_receiver(0)),
          waiting_(waiting) {}

    // The first fifth of the time is to warm up.
    Outcome ask_for(Nanos time) {
        const auto warm = Clock::now() + time / 5;
        while (Clock::now() < warm) ask();
        const auto until = Clock::now() + time;
        harness::Histogram one_way;
        Nanos sum{0};
        do {
            const Nanos taken = ask() / 2;
            one_way.record(taken);
            sum += taken;
        } while (Clock::now() < until);
        using harness::seconds_of;
        return {.p50 = seconds_of(one_way.quantile(0.50)),
                .p99 = seconds_of(one_way.quantile(0.99)),
                .mean = seconds_of(sum) / static_cast<double>(one_way.total())};
    }

private:
    // A round trip, without the pauses.
    Nanos ask() {
        let_the_other_sleep(waiting_);
        const auto asked = Clock::now();
        sender_->put(message_.bytes());
        receiver_->get(message_.bytes());
        return Clock::now() - asked - message_.held;
    }

    std::unique_ptr<Sender> sender_;
    std::unique_ptr<Receiver> receiver_;
    Waiting waiting_;
    Message message_;
};

class PingPong : public Contestant {
public:
    PingPong(std::string who, const Shape& shape, Nanos run)
        : who_(std::move(who)), shape_(shape), run_(run) {}

    Result<Measurement> run() override {
        const auto memory = CCD_TRY(SharedMemory::create(sizeof(Outcome)));
        auto* outcome = memory.at<Outcome>(0);
        const auto questions = CCD_TRY(make_channel(who_, shape_));
        const auto answers = CCD_TRY(make_channel(who_, shape_));
        Crowd crowd{2};
        CCD_TRY(crowd.add([&] {
            Asker asker{*questions, *answers, shape_.waiting};
            *outcome = asker.ask_for(run_);
        }));
        CCD_TRY(crowd.add([&] { answer(*questions, *answers, shape_.waiting); }));
        CCD_TRY(crowd.await_end(0, 2 * run_ + patience));
        return Measurement{
            .rate = 1 / outcome->mean, .p50 = outcome->p50, .p99 = outcome->p99, .value = {}};
    }

private:
    std::string who_;
    Shape shape_;
    Nanos run_;
};

}  // namespace

MadeContestant make_ping_pong(std::string_view who, const Shape& shape, Nanos run) {
    CCD_TRY(make_channel(who, shape));
    return std::make_unique<PingPong>(std::string{who}, shape, run);
}

}  // namespace ccd::bench::queue
