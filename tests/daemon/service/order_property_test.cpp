// What holds under any load: thousands of small ones, made by chance, each run to its end.
//
// The rules are told of submits, starts and ends, as the daemon would tell them; what they start
// is put onto a plain machine, which knows nothing of how they decide. After every step:
//
//   - nothing is over: slots, memory, cores, pools, arrays;
//   - the most urgent job that has no room has the reservation of its kind;
//   - who is reserved can start no later than could be told before, unless a more urgent one came;
//   - nobody waits who could start without delaying a reserved job that is more urgent;
//   - nobody has started while the most urgent of all could have;
//   - shares are the GPU-seconds that were had.
//
// And every job ends. A load is its seed, which is told when something does not hold.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <tuple>

#include "daemon/service/service.h"
#include "tests/daemon/service/plain_machine.h"

namespace ccd::service {
namespace {

using plain::Placed;
using plain::Seconds;

constexpr Seconds ageing = 40;
constexpr WallTime beginning{std::chrono::hours{24 * 365 * 50}};

class Load {
public:
    explicit Load(std::uint32_t seed) : random_(seed) {
        make_machine();
        service_.emplace(
            JobsConfig{.order = {.ageing = std::chrono::seconds{seed % 3 == 0 ? 0 : ageing},
                                 .share_half_life = std::chrono::hours{24 * 365},
                                 .pools = {{"a", 1}, {"b", 2}}}},
            ledger_config());
        ages_ = seed % 3 != 0;
        service_->ledger.set_cards(cards_found());
        service_->load({}, now());
        service_->loaded(now());
        for (auto left = pick(6, 10); left > 0; --left)
            arrivals_.emplace(3 * pick(0, 6), make_job());
    }

    // What does not hold; empty: all does.
    std::string run() {
        while (broken_.empty() && (!arrivals_.empty() || !waiting_.empty() || !placed_.empty())) {
            if (!step()) return broken_.empty() ? "nothing will ever happen again" : broken_;
        }
        return broken_;
    }

private:
    std::uint32_t pick(std::uint32_t least, std::uint32_t most) {
        return least + static_cast<std::uint32_t>(random_() % (most - least + 1));
    }
    bool chance(std::uint32_t percent) { return pick(1, 100) <= percent; }

    void make_machine() {
        constexpr std::array<plain::Card, 3> kinds{{{24, 1, 3}, {12, 1, 2}, {48, 2, 4}}};
        auto cards = pick(1, 3);
        for (std::uint32_t i = 0; i < cards; ++i) machine_.cards.push_back(kinds.at(pick(0, 2)));
        machine_.cores = pick(2, 8);
        machine_.memory = pick(8, 16);
        machine_.without_cards = pick(1, 4);
    }
    LedgerConfig ledger_config() const {
        return {.slots = {{.min_memory = 48_GiB, .training = 2, .inference = 4},
                          {.min_memory = 24_GiB, .training = 1, .inference = 3},
                          {.min_memory = Bytes{0}, .training = 1, .inference = 2}},
                .headroom = Bytes{0},
                .max_running = machine_.without_cards,
                .cores = machine_.cores,
                .memory = gib(machine_.memory)};
    }
    static Bytes gib(std::uint64_t count) { return Bytes{count << 30}; }
    static std::string uuid(std::size_t index) { return "GPU-" + std::to_string(index); }
    std::vector<CardFound> cards_found() const {
        std::vector<CardFound> found;
        for (std::uint32_t i = 0; i < machine_.cards.size(); ++i)
            found.push_back(
                {.index = i, .uuid = uuid(i), .name = "", .memory = gib(machine_.cards[i].gib)});
        return found;
    }

    plain::Job make_job() {
        plain::Job job{.uid = pick(1000, 1002), .priority = static_cast<std::int32_t>(pick(3, 5))};
        if (chance(70)) {
            job.cards = pick(1, static_cast<std::uint32_t>(machine_.cards.size()));
            job.is_inference = chance(50);
            job.is_exclusive = chance(10);
            job.gib = chance(60) ? pick(1, chance(60) ? 6 : 24) : 0;
            if (chance(10)) job.only = pick(1, (1U << machine_.cards.size()) - 1);
            if (std::popcount(job.only) < static_cast<int>(job.cards)) job.only = 0;
        }
        if (chance(60)) job.cores = chance(60) ? pick(1, 2) : pick(1, machine_.cores);
        if (chance(20)) job.memory = pick(1, static_cast<std::uint32_t>(machine_.memory));
        if (chance(15)) job.pool = chance(50) ? "a" : "b";
        if (chance(15)) job.array = job.array_limit = pick(1, 2);
        job.lasts = pick(1, 20);
        if (chance(60)) job.limit = chance(30) ? job.lasts : job.lasts + pick(0, 20);
        return job;
    }

    Now now() const {
        return {.time = Time{std::chrono::hours{1} + std::chrono::seconds{clock_}},
                .wall = beginning + std::chrono::seconds{clock_}};
    }

    // On to the next thing that happens, and all of it; false: there is none.
    bool step() {
        auto next = plain::never;
        if (!arrivals_.empty()) next = arrivals_.begin()->first;
        if (!ends_.empty()) next = std::min(next, ends_.begin()->first);
        if (next == plain::never) return false;
        clock_ = next;
        for (std::uint32_t i = 0; i < shares_.size(); ++i)
            shares_[i] = service_->jobs.share(1000 + i, now());
        for (; !ends_.empty() && ends_.begin()->first == next; ends_.erase(ends_.begin()))
            end(ends_.begin()->second);
        for (; !arrivals_.empty() && arrivals_.begin()->first == next;
             arrivals_.erase(arrivals_.begin()))
            submit(arrivals_.begin()->second);
        if (chance(10) && !waiting_.empty()) cancel(waiting_.begin()->first);
        settle();
        // Once more, until the last pass has changed nothing: what it saw is what can be checked.
        for (auto started = begun_ - 1; broken_.empty() && started != begun_;) {
            started = begun_;
            service_->jobs.look_again();
            settle();
        }
        check();
        return true;
    }

    void submit(plain::Job job) {
        job.submitted = clock_;
        auto job_class = job.cards == 0     ? job::Class::cpu
                         : job.is_inference ? job::Class::inference
                                            : job::Class::training;
        store::JobRow row{.uid = job.uid,
                          .job_class = job_class,
                          .exclusive = job.is_exclusive,
                          .gpu_count = job.cards,
                          .cpus = job.cores,
                          .array_limit = job.array_limit,
                          .array = job.array,
                          .vram = gib(job.gib),
                          .memory = gib(job.memory),
                          .argv = std::string{"true\0", 5},
                          .cwd = "/",
                          .pool = job.pool,
                          .progress = {.priority = job.priority}};
        if (job.limit != plain::never) row.time_limit = std::chrono::seconds{job.limit};
        for (std::size_t i = 0; i < machine_.cards.size(); ++i)
            if ((job.only >> i & 1U) != 0) row.options.edit().gpu.push_back(uuid(i));
        auto submitted = service_->jobs.submit(std::move(row), "", {}, {.uid = job.uid}, now());
        if (submitted.has_value() != plain::fits(machine_, {}, job))
            return broken("what can never run is refused, and nothing else");
        if (!submitted) return;
        job.id = (*submitted)->id;
        jobs_[job.id] = job;
        not_on_disk_.push_back(job.id);
    }

    void cancel(job::Id id) {
        if (!service_->jobs.find(id)) return;
        waiting_.erase(id);
        auto cancelled =
            service_->jobs.cancel({.ids = {id}, .reason = {}}, {.is_admin = true}, now());
        if (!cancelled) broken("a job that waits can be cancelled");
    }

    void end(job::Id id) {
        auto one = std::ranges::find(placed_, id, [](const Placed& p) { return p.job->id; });
        had_[one->job->uid] +=
            static_cast<double>(one->job->cards) * static_cast<double>(one->job->lasts);
        placed_.erase(one);
        service_->jobs.ended(id, 1, {.exit_code = 0, .at = now().wall}, now());
    }

    // Everything decided is committed at once, and who is to be started runs.
    void settle() {
        do {
            service_->tick(now());
            auto taken = service_->take(service_->current_batch() + 1);
            service_->committed(taken.batch_id);
            for (const auto& effect : taken.effects)
                if (const auto* start = std::get_if<StartAttempt>(&effect)) begin(start->job);
            // Only now anybody can have seen them.
            for (auto id : std::exchange(not_on_disk_, {})) waiting_[id] = &jobs_.at(id);
            service_->tick(now());
        } while (service_->has_decided() && broken_.empty());
    }

    void begin(job::Id id) {
        const auto& job = jobs_.at(id);
        const auto* first = most_urgent([&](const plain::Job& one) { return !is_full(one); });
        if (first != nullptr && first->id != id && plain::fits(machine_, placed_, *first))
            broken("job " + std::to_string(id) + " starts though " + std::to_string(first->id) +
                   ", the most urgent of all, has room");
        if (is_full(job)) broken("a job starts whose pool or array is full");
        Placed placed{.job = &job, .cards = 0};
        for (const auto& card : service_->jobs.find(id)->row.progress.run->gpus)
            placed.cards |= 1U << std::stoul(card.substr(4));
        if (job.limit != plain::never) placed.ends = clock_ + job.limit;
        // A more urgent one may make others later.
        for (auto& [reserved, promise] : promised_)
            if (is_more_urgent(job, jobs_.at(reserved)))
                promise.time = plain::never;
            else
                promise.passers.insert(id);
        waiting_.erase(id);
        promised_.erase(id);
        placed_.push_back(placed);
        ends_.emplace(clock_ + job.lasts, id);
        ++begun_;
        service_->jobs.started(id, 1, now().wall, now());
        if (auto over = plain::what_is_over(machine_, placed_); !over.empty()) broken(over);
    }

    std::int64_t level(const plain::Job& job) const {
        return job.priority - (ages_ ? (clock_ - job.submitted) / ageing : 0);
    }
    bool is_more_urgent(const plain::Job& a, const plain::Job& b) const {
        auto rank = [&](const plain::Job& job) {
            return std::tuple{level(job), shares_.at(job.uid - 1000), job.submitted, job.id};
        };
        return rank(a) < rank(b);
    }
    template <class Is>
    const plain::Job* most_urgent(Is is) const {
        const plain::Job* first = nullptr;
        for (const auto& [id, job] : waiting_)
            if (is(*job) && (first == nullptr || is_more_urgent(*job, *first))) first = job;
        return first;
    }
    bool is_full(const plain::Job& job) const {
        auto running = [&](auto same) {
            return std::ranges::count_if(placed_,
                                         [&](const Placed& one) { return same(*one.job); });
        };
        auto of_pool = running([&](const auto& one) { return one.pool == job.pool; });
        auto of_array = running([&](const auto& one) { return one.array == job.array; });
        return (!job.pool.empty() && of_pool >= (job.pool == "a" ? 1 : 2)) ||
               (job.array != 0 && of_array >= job.array_limit);
    }

    // To one that is reserved: when it can start, and who has passed it since.
    struct Promise {
        Seconds time = plain::never;
        std::set<job::Id> passers;
        job::Id first = 0;  // who goes before it and is reserved too
    };
    // A job that is reserved, as `why` tells it.
    struct Reserved {
        const plain::Job* job = nullptr;
        std::vector<Placed> there;  // with the more urgent one that is reserved, if there is one
        plain::Cards kept = 0;
        Seconds time = plain::never;
    };

    void check() {
        auto first_of = [&](bool with_cards) {
            return most_urgent([&](const plain::Job& job) {
                return (job.cards > 0) == with_cards && !is_full(job);
            });
        };
        std::vector<const plain::Job*> first{first_of(true), first_of(false)};
        std::erase(first, nullptr);
        if (first.size() == 2 && is_more_urgent(*first[1], *first[0]))
            std::swap(first[0], first[1]);
        std::vector<Reserved> reserved;
        for (const auto* job : first)
            reserved.push_back(
                check_reserved(*job, reserved.empty() ? nullptr : &reserved.front()));
        std::erase_if(promised_, [&](const auto& promise) {
            return std::ranges::none_of(
                first, [&](const plain::Job* job) { return job->id == promise.first; });
        });
        for (const auto& [id, job] : waiting_) check_waits(*job, reserved);
        check_shares();
    }

    Reserved check_reserved(const plain::Job& job, const Reserved* before) {
        auto name = "job " + std::to_string(job.id);
        Reserved reserved{.job = &job, .there = placed_};
        if (before != nullptr) reserved.there.push_back(to_come(*before));
        if (!service_->jobs.is_reserved(job.id)) broken(name + " has no reservation");
        reserved.kept = kept_for(job.id);
        reserved.time = plain::time_of(machine_, reserved.there, job, clock_);
        auto& promise = promised_[job.id];
        // Another goes before it now.
        auto first = before == nullptr ? 0 : before->job->id;
        if (std::exchange(promise.first, first) != first && first != 0) promise.time = plain::never;
        if (reserved.time > promise.time)
            broken(name + " could start at " + std::to_string(promise.time) + " and now later");
        promise.time = reserved.time;
        if (!plain::fits(machine_, passers(promise), job))
            broken(name + " has no room beside those who have passed it");
        auto estimate = service_->jobs.estimate(*service_->jobs.find(job.id), now());
        auto told = estimate ? clock_ + estimate->count() / 1'000 : plain::never;
        if (told != reserved.time) broken("the estimate of " + name + " is another");
        return reserved;
    }

    // The reserved job as it will be there.
    static Placed to_come(const Reserved& reserved) {
        auto is_known = reserved.time != plain::never && reserved.job->limit != plain::never;
        return {.job = reserved.job,
                .cards = reserved.kept,
                .ends = is_known ? reserved.time + reserved.job->limit : plain::never};
    }

    plain::Cards kept_for(job::Id id) const {
        plain::Cards kept = 0;
        for (const auto& blocker : service_->jobs.blockers(*service_->jobs.find(id), now()))
            for (auto at = blocker.message.find("GPU ");
                 blocker.kind == "reservation" && at != std::string::npos;
                 at = blocker.message.find("GPU ", at + 1))
                kept |= 1U << std::stoul(blocker.message.substr(at + 4));
        return kept;
    }

    // Of those who have passed it, who is there when it can start.
    std::vector<Placed> passers(const Promise& promise) const {
        std::vector<Placed> there;
        for (const auto& one : placed_)
            if (promise.passers.contains(one.job->id) &&
                (one.ends == plain::never || one.ends > promise.time))
                there.push_back(one);
        return there;
    }

    void check_waits(const plain::Job& job, const std::vector<Reserved>& reserved) {
        if (is_full(job)) return;
        for (auto cards : plain::choices(machine_, placed_, job)) {
            auto passes = std::ranges::all_of(reserved, [&](const Reserved& one) {
                return is_more_urgent(job, *one.job) || may_pass(job, cards, one);
            });
            if (passes) broken("job " + std::to_string(job.id) + " waits though it could start");
        }
    }

    // Whether it surely delays the reserved job in nothing, if it starts on these cards.
    bool may_pass(const plain::Job& job, plain::Cards cards, const Reserved& reserved) const {
        if (!plain::share_anything(job, *reserved.job)) return true;
        auto ends = job.limit == plain::never ? plain::never : clock_ + job.limit;
        if (ends != plain::never && ends <= reserved.time) return true;
        // Where nobody knows when, nobody knows who is there, so all count who are.
        auto is_known = reserved.time != plain::never;
        if (!is_known && (cards & reserved.kept) != 0) return false;
        auto there = is_known ? plain::after(reserved.there, reserved.time) : reserved.there;
        auto host = *reserved.job;
        auto machine = machine_;
        // Its cores and memory, apart from cards.
        if (!is_known && host.cards > 0) {
            host.cards = 0;
            ++machine.without_cards;
        }
        there.push_back({.job = &job, .cards = cards});
        there.push_back({.job = &host, .cards = is_known ? reserved.kept : 0});
        return plain::what_is_over(machine, there).empty();
    }

    void check_shares() {
        for (const auto& [uid, seconds] : had_) {
            auto sum = seconds;
            for (const auto& one : placed_)
                if (one.job->uid == uid)
                    sum += static_cast<double>(one.job->cards) *
                           static_cast<double>(clock_ - began_at(*one.job));
            // A year's half-life forgets next to nothing in these minutes.
            if (std::abs(service_->jobs.share(uid, now()) - sum) > 1e-3 * (sum + 1))
                broken("the share of " + std::to_string(uid) + " is not what it had");
        }
    }
    Seconds began_at(const plain::Job& job) const {
        for (const auto& [end, id] : ends_)
            if (id == job.id) return end - job.lasts;
        return clock_;
    }

    void broken(const std::string& what) {
        if (broken_.empty()) broken_ = "at " + std::to_string(clock_) + ": " + what;
    }

    std::mt19937 random_;
    plain::Machine machine_;
    std::optional<Service> service_;
    bool ages_ = false;
    Seconds clock_ = 0;
    std::array<double, 3> shares_{};  // now
    std::uint64_t begun_ = 1;
    std::multimap<Seconds, plain::Job> arrivals_;
    std::multimap<Seconds, job::Id> ends_;
    std::map<job::Id, plain::Job> jobs_;
    std::vector<job::Id> not_on_disk_;
    std::map<job::Id, const plain::Job*> waiting_;
    std::vector<Placed> placed_;
    std::map<job::Id, Promise> promised_;
    std::map<std::uint32_t, double> had_;  // by those who have ended
    std::string broken_;
};

BOOST_AUTO_TEST_SUITE(order_property_suite)

BOOST_AUTO_TEST_CASE(under_any_load_nothing_is_over_nobody_is_delayed_and_nothing_lies_idle) {
    for (std::uint32_t seed = 1; seed <= 2'000; ++seed) {
        auto broken = Load{seed}.run();
        BOOST_TEST_REQUIRE(broken.empty(), "seed " << seed << ", " << broken);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::service
