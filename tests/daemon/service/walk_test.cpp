// A long random walk through all that may happen to jobs, step by step: what their owners ask, what
// the executor reports, commits, outages of the store and deaths of the daemon, at any moment.
//
// Whenever nothing is under way, what is in memory must be what is on disk and what runs.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "tests/daemon/service/plain_disk.h"
#include "tests/daemon/service/story.h"

namespace ccd::service {
namespace {

using job::State;
using namespace std::chrono_literals;

constexpr auto no_limit = std::numeric_limits<job::Id>::max();

// An attempt on the machine, and the evidence of its end until that is let go.
struct Run {
    bool has_started = false;
    bool is_to_stop = false;
    std::optional<Outcome> end;
};

class Walk {
public:
    explicit Walk(std::uint32_t seed) : random_(seed) { begin(); }

    void step() {
        struct Move {
            std::uint32_t weight;
            void (Walk::*make)();
        };
        static constexpr Move moves[] = {
            {20, &Walk::submit},   {4, &Walk::hold},          {4, &Walk::release},
            {4, &Walk::cancel},    {4, &Walk::retry},         {4, &Walk::edit},
            {4, &Walk::pass_time}, {12, &Walk::report_start}, {16, &Walk::report_end},
            {1, &Walk::crash},     {1, &Walk::outage},        {12, &Walk::commit_one},
            {8, &Walk::answer},    {4, &Walk::look},
        };
        std::uint32_t all = 0;
        for (const auto& move : moves) all += move.weight;
        auto at = below(all);
        for (const auto& move : moves) {
            if (at < move.weight) {
                (this->*move.make)();
                break;
            }
            at -= move.weight;
        }
        turn();
    }

    // Everybody is let go on, until all have ended.
    void finish() {
        for (int round = 0; round < 2'000 && !is_over(); ++round) {
            for (const auto& [id, job] : service_->jobs.all())
                if (job.state() == State::held) held_.push_back(id);
            for (auto id : std::exchange(held_, {}))
                static_cast<void>(service_->jobs.release({.ids = {id}}, root, now_));
            report_start();
            report_end();
            pass(10s);
            settle();
        }
        check();
        BOOST_TEST(is_over(), "not all have ended");
        for (const auto& [id, row] : disk_.jobs()) check_end(row);
        BOOST_TEST(disk_.environments() == 0U);
    }

    std::size_t jobs() const { return disk_.jobs().size(); }
    std::size_t attempts() const { return begun_.size(); }

private:
    struct Question {
        AskSubmit submit;
        store::Answer answer;
        Caller caller;
    };
    struct UnderWay {
        store::BatchId number = 0;
        Decisions decided;
    };

    std::uint32_t below(std::uint32_t count) {
        return std::uniform_int_distribution<std::uint32_t>{0, count - 1}(random_);
    }
    job::Id any_job() { return below(static_cast<std::uint32_t>(service_->jobs.last_id()) + 2); }
    const Caller& anybody() { return below(8) == 0 ? bob : below(8) == 0 ? root : alice; }

    // What its owners ask for.

    void submit() {
        const auto& who = anybody();
        store::JobRow row{.uid = who.uid,
                          .argv = std::string{"true\0", 5},
                          .cwd = "/",
                          .progress = {.priority = static_cast<std::int32_t>(below(4))}};
        row.gpu_count = below(3);
        if (row.gpu_count > 0) row.job_class = job::Class::training;
        if (below(6) == 0) row.progress.state = State::held;
        if (below(6) == 0) row.progress.due = now_.wall + std::chrono::seconds{below(1'000)};
        if (below(4) == 0) row.key = "key-" + std::to_string(below(30));
        if (below(6) == 0) row.pool = "a";
        if (below(10) == 0) row.array_size = 1 + below(4);
        if (below(5) == 0) row.time_limit = std::chrono::seconds{1 + below(900)};
        if (below(3) == 0) {
            auto& options = row.options.edit();
            options.max_retries = row.progress.retries_left = below(3);
            for (auto count = below(4); count > 0; --count)
                (below(2) == 0 ? options.after : options.after_any).push_back(any_job());
        }
        auto environment =
            below(2) == 0 ? "A=" + std::to_string(below(3)) + std::string(1, '\0') : "";
        expect_known(
            service_->jobs.submit(std::move(row), std::move(environment), Ticket{}, who, now_));
    }

    void each(Result<void> (Jobs::*verb)(const job::IdsRequest&, const Caller&, Now)) {
        static_cast<void>((service_->jobs.*verb)({.ids = {any_job(), any_job()}}, anybody(), now_));
    }
    // Nobody is told that a job which is there is not.
    void expect_known(const Result<std::optional<Submitted>>& submitted) {
        if (submitted || submitted.error().code != Errc::not_found) return;
        BOOST_TEST(submitted.error().message.starts_with("there is no job"),
                   submitted.error().message);
    }

    // What the store says comes a while after it was asked.
    void answer() {
        if (questions_.empty()) return;
        auto question = std::move(questions_.front());
        questions_.pop_front();
        expect_known(service_->jobs.submit_checked(std::move(question.submit), question.answer,
                                                   Ticket{}, question.caller, now_));
    }

    void hold() { each(&Jobs::hold); }
    void release() { each(&Jobs::release); }
    void cancel() {
        static_cast<void>(
            service_->jobs.cancel({.ids = {any_job()}, .reason = {}}, anybody(), now_));
    }

    // The store is asked for what has ended, behind all that is on its way.
    void retry() {
        std::vector<job::Id> ids{any_job(), any_job()};
        const auto& who = anybody();
        for (auto id : ids)
            if (!service_->jobs.check_ended(id, who)) return;
        settle();
        auto rows = disk_.find(ids).jobs;
        if (rows.size() == ids.size())
            static_cast<void>(service_->jobs.retry(rows, "R=1", who, now_));
    }

    void edit() {
        const auto* job = service_->jobs.find(any_job());
        if (job == nullptr) return;
        auto row = job->row;
        row.progress.priority = static_cast<std::int32_t>(below(4));
        if (row.gpu_count > 0) row.gpu_count = 1 + below(2);
        if (below(3) == 0) row.progress.due = now_.wall + std::chrono::seconds{below(1'000)};
        if (below(3) == 0) row.options.edit().max_retries = row.progress.retries_left = below(3);
        static_cast<void>(service_->jobs.edit(std::move(row), anybody(), now_));
    }

    // What happens on the machine.

    void report_start() {
        for (auto& [attempt, run] : machine_)
            if (!run.has_started && !run.end && below(2) == 0) {
                run.has_started = true;
                service_->jobs.started(attempt.job, attempt.attempt, now_.wall, now_);
            }
    }

    void report_end() {
        for (auto& [attempt, run] : machine_)
            if (!run.end && below(3) == 0) {
                run.end = outcome_of(run);
                service_->jobs.ended(attempt.job, attempt.attempt, *run.end, now_);
                if (run.end->kind == Outcome::Kind::never_began) put_off(attempt);
            }
    }

    void put_off(const Begun& attempt) {
        auto whom = below(3) == 0 ? Jobs::PutOff::user : Jobs::PutOff::job;
        service_->jobs.put_off(attempt.job, attempt.attempt, whom, std::chrono::seconds{below(30)},
                               now_);
    }

    Outcome outcome_of(const Run& run) {
        Outcome outcome{.at = now_.wall};
        if (!run.has_started) {
            using Kind = Outcome::Kind;
            outcome.kind = below(4) == 0   ? Kind::lost
                           : below(2) == 0 ? Kind::never_began
                                           : Kind::not_started;
            outcome.reason = "no such program";
        } else if (run.is_to_stop) {
            outcome.signal = 15;
            outcome.cause = Outcome::Cause::stop;
        } else {
            outcome.exit_code = below(2);
        }
        return outcome;
    }

    void pass(Millis time) {
        now_.time += time;
        now_.wall += time;
    }

    void pass_time() { pass(std::chrono::seconds{below(600)}); }

    // Turns, and what becomes of them.

    void turn() {
        service_->tick(now_);
        auto number = service_->current_batch();
        auto taken = service_->take(number + (service_->has_rows() ? 1 : 0));
        under_way_.push_back({.number = number, .decided = std::move(taken)});
    }

    void commit_one() {
        if (under_way_.empty()) return;
        auto done = std::move(under_way_.front());
        under_way_.pop_front();
        if (!done.decided.batch.empty()) {
            disk_.commit(done.decided.batch);
            service_->committed(done.number);
        }
        for (auto& effect : done.decided.effects) carry_out(effect);
    }

    void carry_out(Effect& effect) {
        if (const auto* start = std::get_if<StartAttempt>(&effect)) {
            Begun attempt{start->job, start->attempt};
            BOOST_TEST(begun_.insert(attempt).second,
                       "attempt " << start->attempt << " of job " << start->job << " began twice");
            machine_.emplace(attempt, Run{});
        } else if (const auto* stop = std::get_if<StopAttempt>(&effect)) {
            if (auto run = machine_.find({stop->job, stop->attempt}); run != machine_.end())
                run->second.is_to_stop = true;
        } else if (const auto* release = std::get_if<ReleaseAttempt>(&effect)) {
            machine_.erase({release->job, release->attempt});
        } else if (auto* ask = std::get_if<Ask>(&effect)) {
            auto* submit = std::get_if<AskSubmit>(&ask->purpose);
            if (submit == nullptr) return;
            questions_.push_back({.submit = std::move(*submit),
                                  .answer = disk_.find(std::get<store::JobsById>(ask->query).ids),
                                  .caller = ask->caller});
        }
    }

    void settle() {
        do {
            turn();
            while (!under_way_.empty()) commit_one();
            while (!questions_.empty()) answer();
            service_->tick(now_);
        } while (service_->has_decided());
    }

    // The daemon dies. Some of what was under way may be on disk, but nobody has acted on it.
    void crash() {
        questions_.clear();
        keep_some();
        begin();
    }

    // The disk fails, and comes back after a while in which things went on.
    void outage() {
        keep_some();
        questions_.clear();
        service_->store_is_down({.code = Errc::storage_unavailable, .message = "gone"});
        turn();
        under_way_.clear();
        pass(std::chrono::seconds{below(100)});
        for (auto& [attempt, run] : machine_)
            if (!run.end && below(3) == 0) run.end = outcome_of(run);
        load();
    }

    void keep_some() {
        for (auto kept = below(3); kept > 0 && !under_way_.empty(); --kept) {
            disk_.commit(under_way_.front().decided.batch);
            under_way_.pop_front();
        }
        under_way_.clear();
    }

    void begin() {
        service_.emplace(JobsConfig{.boot_id = "boot", .order = {.pools = {{"a", 1}}}},
                         LedgerConfig{.slots = default_slots(),
                                      .headroom = 512_MiB,
                                      .max_running = 3,
                                      .cores = 8,
                                      .memory = 16_GiB});
        service_->ledger.set_cards(two_cards());
        load();
    }

    void load() {
        service_->load(disk_.snapshot(), now_);
        auto rows = disk_.unfinished();
        std::ranges::reverse(rows);
        auto half = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
        service_->load_jobs({rows.begin(), half}, now_);
        service_->load_jobs({half, rows.end()}, now_);
        service_->loaded(now_);
        account();
    }

    // The executor looks for what should be there, and lets go of what has ended and is known.
    void account() {
        std::vector<Begun> expected;
        for (const auto& [id, since] : service_->jobs.alive())
            expected.push_back({id, service_->jobs.find(id)->row.progress.attempt});
        std::erase_if(machine_, [&](const auto& item) {
            auto is_known = std::ranges::find(expected, item.first) != expected.end();
            if (!is_known && !item.second.end)
                BOOST_ERROR("job " << item.first.job << " runs, and nobody has it");
            return !is_known;
        });
        for (auto [id, attempt] : expected) {
            auto run = machine_.find({id, attempt});
            if (run == machine_.end())
                service_->jobs.ended(id, attempt,
                                     {.kind = Outcome::Kind::never_began, .at = now_.wall}, now_);
            else if (run->second.end)
                service_->jobs.ended(id, attempt, *run->second.end, now_);
            else if (run->second.has_started)
                service_->jobs.started(id, attempt, now_.wall, now_);
        }
    }

    void look() {
        settle();
        check();
    }

    // REQUIRES: nothing is under way.
    void check() {
        Findings findings;
        auto& jobs = service_->jobs;
        auto committed = service_->last_committed();
        jobs.inspect(findings, now_);
        jobs.compare_page({.jobs = disk_.unfinished()}, no_limit, committed, findings);
        std::vector<Begun> running;
        for (const auto& [attempt, run] : machine_) {
            running.push_back(attempt);
            BOOST_TEST(!run.end.has_value(), "the end of job " << attempt.job << " is not let go");
        }
        jobs.compare_attempts(running, committed, findings);
        jobs.compare_census(disk_.census(), findings);
        for (const auto& finding : findings.list())
            BOOST_ERROR(finding.part << ", " << finding.subject << ": " << finding.detail);
        std::set<std::pair<std::uint32_t, std::string>> keys;
        for (const auto& [id, row] : disk_.jobs())
            if (!row.key.empty() && !keys.emplace(row.uid, row.key.string()).second)
                BOOST_ERROR("job " << id << " has the key of another");
        BOOST_TEST(disk_.jobs().size() >= most_jobs_, "a job is gone");
        most_jobs_ = disk_.jobs().size();
    }

    bool is_over() const { return disk_.unfinished().empty() && under_way_.empty(); }

    static void check_end(const store::JobRow& row) {
        const auto& run = *row.progress.run;
        auto is_right = row.progress.state == State::succeeded ? run.exit_code == 0
                        : run.exit_code == 0 && row.progress.state == State::failed ? false
                                                                                    : true;
        BOOST_TEST(is_right, "job " << row.id << " is " << to_string(row.progress.state));
    }

    std::mt19937 random_;
    Now now_{.time = Time{1h}, .wall = WallTime{24h * 365 * 50}};
    plain::Disk disk_;
    std::optional<Service> service_;
    std::deque<UnderWay> under_way_;
    std::deque<Question> questions_;
    std::map<Begun, Run> machine_;
    std::set<Begun> begun_;
    std::vector<job::Id> held_;
    std::size_t most_jobs_ = 0;
};

BOOST_AUTO_TEST_SUITE(walk_suite)

BOOST_AUTO_TEST_CASE(whatever_happens_memory_disk_and_machine_agree,
                     *boost::unit_test::timeout(300)) {
    constexpr std::uint32_t walks = 60;
    constexpr int steps = 400;
    std::size_t jobs = 0;
    std::size_t attempts = 0;
    for (std::uint32_t seed = 1; seed <= walks; ++seed) {
        BOOST_TEST_CONTEXT("seed " << seed) {
            Walk walk{seed};
            for (int i = 0; i < steps; ++i) walk.step();
            walk.finish();
            jobs += walk.jobs();
            attempts += walk.attempts();
        }
    }
    BOOST_TEST(jobs > walks * 20U);
    BOOST_TEST(attempts > walks * 20U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
