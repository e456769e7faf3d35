#include "tests/daemon/store/caller.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>

namespace ccd::store {

Time clock_for_tests() {
    return std::chrono::time_point_cast<Micros>(std::chrono::steady_clock::now());
}

Caller::Caller(Store::Options options) {
    if (options.clock == nullptr) options.clock = clock_for_tests;
    store_.emplace(std::move(options), [this] { on_wake(); });
}

Caller::~Caller() {
    let_go();
}

void Caller::on_wake() {
    std::unique_lock lock{mutex_};
    is_awake_ = true;
    is_held_ = is_holding_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !is_holding_; });
    is_held_ = false;
}

void Caller::hold() {
    const std::scoped_lock lock{mutex_};
    is_holding_ = true;
}

void Caller::wait_until_held() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return is_held_; });
}

void Caller::let_go() {
    {
        const std::scoped_lock lock{mutex_};
        is_holding_ = false;
    }
    changed_.notify_all();
}

Completion Caller::next() {
    while (taken_.empty()) {
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [this] { return is_awake_; });
            is_awake_ = false;
        }
        taken_ = store_->take_completions();
        std::ranges::reverse(taken_);
    }
    Completion next = std::move(taken_.back());
    taken_.pop_back();
    return next;
}

BatchEnded Caller::next_batch() {
    Completion completion = next();
    BOOST_REQUIRE(std::holds_alternative<BatchEnded>(completion));
    return std::get<BatchEnded>(std::move(completion));
}

Result<void> Caller::save(Batch batch) {
    const BatchId id = store_->send(std::move(batch));
    BatchEnded ended = next_batch();
    BOOST_TEST(ended.id == id);
    return ended.saved;
}

Result<Answer> Caller::ask(Query query) {
    std::optional<Result<Answer>> got;
    store_->ask(std::move(query), [&](Result<Answer> answer) { got = std::move(answer); });
    Completion completion = next();
    auto* answered = std::get_if<Answered>(&completion);
    BOOST_REQUIRE(answered != nullptr);
    answered->on_answer(std::move(answered->answer));
    BOOST_REQUIRE(got.has_value());
    return std::move(*got);
}

Result<Snapshot> Caller::reopen() {
    std::optional<Result<Snapshot>> got;
    store_->reopen([&](Result<Snapshot> snapshot) { got = std::move(snapshot); });
    Completion completion = next();
    auto* reopened = std::get_if<Reopened>(&completion);
    BOOST_REQUIRE(reopened != nullptr);
    reopened->on_done(std::move(reopened->snapshot));
    BOOST_REQUIRE(got.has_value());
    return std::move(*got);
}

}  // namespace ccd::store
