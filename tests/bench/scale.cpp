// What a daemon does when a million jobs wait, beside one in which a thousand do.
#include <algorithm>
#include <cmath>
#include <memory>

#include "ccd/admin.h"
#include "ccd/job.h"
#include "ccd/job_change.h"
#include "lib/client/client.h"
#include "tests/bench/contestants.h"
#include "tests/bench/server_load.h"
#include "tests/bench/typical_job.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/lean_client.h"
#include "tests/harness/private_daemon.h"
#include "tests/harness/process_figures.h"
#include "tests/harness/requests.h"

namespace ccd::bench {
namespace {

using client::Client;
using harness::PrivateDaemon;
using harness::Stencil;
using Clock = std::chrono::steady_clock;

constexpr Millis patience{60'000};
constexpr double many = 1e6;
constexpr std::size_t few = 1'000;
constexpr std::size_t connections = 50;
constexpr std::size_t depth = 20;
constexpr std::size_t lines = 16;  // kinds of jobs, which wait for different things
constexpr std::uint32_t page = 20;

// Who asks for the card that somebody else has, and so waits.
job::SubmitRequest waiting_job(std::size_t kind) {
    auto job = typical_job();
    job.gpus = 1;
    job.priority = static_cast<std::int32_t>(kind % 4);
    if (kind >= 4) job.time_limit = std::chrono::hours{kind};
    return job;
}

harness::Load submits(const std::string& socket, std::size_t at_once, std::uint64_t seed) {
    std::vector<Stencil> kinds;
    for (std::size_t kind = 0; kind < lines; ++kind)
        kinds.emplace_back(harness::ccd_request<job::Submit>(1, waiting_job(kind)), key_blank,
                           seed + kind);
    return {.socket = socket,
            .count = &harness::ccd_answers,
            .connections = connections,
            .depth = at_once,
            .batch = {},
            .next = [kinds = std::move(kinds), turn = std::size_t{0}](std::string& out) mutable {
                kinds[turn++ % lines].write(out);
            }};
}

// A daemon whose only card is taken, so that everybody else waits for it.
class Crowd {
public:
    static Result<Crowd> gather(std::size_t count) {
        auto directory = CCD_TRY(harness::durable_directory());
        auto daemon = CCD_TRY(PrivateDaemon::start(
            {.parent = directory, .cards = 1, .values = {"jobs.max_queued_per_user=100000000"}}));
        Crowd crowd{std::move(daemon)};
        CCD_TRY(crowd.take_card());
        auto load = CCD_TRY(harness::LeanClient::open(submits(crowd.daemon_.socket(), depth, 17)));
        constexpr auto at_once = connections * depth;
        auto sent = CCD_TRY(load.run({.batches = (count + at_once - 1) / at_once}));
        if (sent.refused > 0) return failure(Errc::internal, "jobs were refused");
        return crowd;
    }

    Crowd(Crowd&& other) noexcept
        : daemon_(std::move(other.daemon_)), holder_(std::exchange(other.holder_, 0)) {}
    Crowd& operator=(Crowd&&) = delete;
    // Who holds the card would outlive the daemon.
    ~Crowd() {
        if (holder_ == 0) return;
        auto client = connect();
        if (client && client->call<admin::Drain>({}) &&
            client->call<job::Cancel>({.ids = {holder_}, .reason = {}}))
            static_cast<void>(client->call<job::Wait>({.ids = {holder_}}));
    }

    std::string socket() const { return daemon_.socket(); }
    Result<Client> connect() const { return Client::open(socket(), patience); }
    PrivateDaemon& daemon() { return daemon_; }

private:
    explicit Crowd(PrivateDaemon daemon) : daemon_(std::move(daemon)) {}

    Result<void> take_card() {
        job::SubmitRequest holder;
        holder.argv = {"/bin/sleep", "infinity"};
        holder.cwd = "/";
        holder.gpus = 1;
        holder.priority = -1;
        auto client = CCD_TRY(connect());
        holder_ = CCD_TRY(client.call<job::Submit>(holder)).id;
        return {};
    }

    PrivateDaemon daemon_;
    job::Id holder_ = 0;
};

class Memory : public Contestant {
public:
    explicit Memory(Crowd crowd) : crowd_(std::move(crowd)) {}

    Result<Measurement> run() override {
        auto memory = CCD_TRY(harness::resident_memory(crowd_.daemon().pid()));
        return Measurement{.value = static_cast<double>(memory.count)};
    }

private:
    Crowd crowd_;
};

// From SIGKILL until it answers again, with all that waited.
class Restart : public Contestant {
public:
    explicit Restart(Crowd crowd) : crowd_(std::move(crowd)) {}

    Result<Measurement> run() override {
        auto waited = CCD_TRY(count());
        auto began = Clock::now();
        crowd_.daemon().kill();
        CCD_TRY(crowd_.daemon().restart());
        auto elapsed = harness::seconds_of(Clock::now() - began);
        if (CCD_TRY(count()) != waited)
            return failure(Errc::internal, "not all who waited are there after the restart");
        return Measurement{.value = elapsed};
    }

private:
    Result<std::uint64_t> count() const {
        auto client = CCD_TRY(crowd_.connect());
        return CCD_TRY(client.call<job::Status>({})).total;
    }

    Crowd crowd_;
};

// By turns a page of the list, and the reason of a job that waits; each a command of its own.
class Questions : public Contestant {
public:
    Questions(Crowd crowd, Client client, harness::Nanos run)
        : crowd_(std::move(crowd)), client_(std::move(client)), run_(run) {}

    Result<Measurement> run() override {
        harness::Histogram latency;
        auto record = [&](Clock::time_point began) { latency.record(Clock::now() - began); };
        const auto begun = Clock::now();
        while (Clock::now() < begun + run_ || latency.total() == 0) {
            auto began = Clock::now();
            auto listed = CCD_TRY(client_.call<job::List>({.state = {}, .limit = page}));
            record(began);
            began = Clock::now();
            auto why = CCD_TRY(client_.call<job::Why>({.id = listed.jobs.back().id}));
            record(began);
            if (why.blockers.empty()) return failure(Errc::internal, "who waits has no reason");
        }
        auto measurement = measurement_of(latency, Clock::now() - begun);
        measurement.rate.reset();
        measurement.value = measurement.p99;
        return measurement;
    }

private:
    Crowd crowd_;
    Client client_;
    harness::Nanos run_;
};

// A run that is shorter than a second is for trying whether it works.
std::size_t crowd_size(std::string_view who, harness::Nanos run) {
    if (who != ourselves) return few;
    return static_cast<std::size_t>(std::lround(many * std::min(1.0, harness::seconds_of(run))));
}

}  // namespace

MadeContestant make_scale(const Variant& variant, std::string_view who, const Setting& setting) {
    auto crowd = CCD_TRY(Crowd::gather(crowd_size(who, setting.run)));
    if (variant.name == "rss-1m") return std::make_unique<Memory>(std::move(crowd));
    if (variant.name == "restart-1m") return std::make_unique<Restart>(std::move(crowd));
    if (variant.name == "list-1m") {
        auto client = CCD_TRY(crowd.connect());
        return std::make_unique<Questions>(std::move(crowd), std::move(client), setting.run);
    }
    auto load = submits(crowd.socket(), 1, lines + 17);
    return make_server_load(std::move(crowd), std::move(load), setting.run);
}

}  // namespace ccd::bench
