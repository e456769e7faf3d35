#include <fmt/format.h>

#include <algorithm>

#include "ccd/host.h"
#include "tests/stress/body.h"
#include "tests/stress/check.h"
#include "tests/stress/scenario.h"
#include "tests/stress/submits.h"
#include "tests/stress/visitor.h"

namespace ccd::stress {
namespace {

using client::Client;

constexpr std::size_t jobs_at_once = 200;
constexpr std::size_t jobs_in_turn = 20;
constexpr unsigned tolerance = 10;  // per cent of a card's share
constexpr Millis stay_time{30};

// The cards; refuses where they are not alike, or in use, so that equal shares are not to be had.
Result<std::vector<std::string>> equal_cards(Client& client) {
    auto gpus = CCD_TRY(client.call<host::Gpus>({})).gpus;
    std::vector<std::string> cards;
    for (const auto& gpu : gpus) {
        if (gpu.memory != gpus[0].memory || gpu.slots != gpus[0].slots || gpu.state != "ok" ||
            !gpu.processes.empty())
            return failure(Errc::bad_request, "its cards are not alike, or others use them");
        cards.push_back(gpu.uuid);
    }
    if (cards.size() < 2) return failure(Errc::bad_request, "this daemon has no two cards");
    return cards;
}

job::SubmitRequest job_with_card(const Ground& ground, Millis time) {
    auto request =
        job_of(argv_of(Occupation{.directory = ground.directory, .time = time, .gate = {}}));
    request.gpus = 1;
    request.job_class = job::Class::inference;
    return request;
}

Result<void> check_shares(const Ground& ground, Report& report, const std::string& name,
                          const std::vector<std::string>& cards, const std::vector<job::Id>& ids,
                          unsigned percent) {
    auto stays = CCD_TRY(read_stays(ground.directory, ids));
    auto imbalance = find_imbalance(stays, cards, percent);
    auto shares = fmt::format("{} jobs:", ids.size());
    for (const auto& card : cards)
        shares += fmt::format(" {}", std::ranges::count(stays, card, &Stay::card));
    report.end_step(name, !imbalance, imbalance.value_or(shares));
    if (report.remark.empty()) report.remark = shares + fmt::format(" on {} cards", cards.size());
    return {};
}

// Far more than there are slots.
Result<void> load_all(const Ground& ground, Client& client, Report& report,
                      const std::vector<std::string>& cards) {
    std::vector<job::SubmitRequest> requests;
    for (std::size_t i = 0; i < jobs_at_once * ground.scale; ++i)
        requests.push_back(job_with_card(ground, stay_time));
    auto ids = CCD_TRY(submit_all(ground, report, requests));
    end_successes(report, "every job succeeded", CCD_TRY(wait_for_all(client, ids)));
    return check_shares(ground, report, "under load, each card has its share within 10 %", cards,
                        ids, tolerance);
}

// One at a time, so that any card would do.
Result<void> load_in_turn(const Ground& ground, Client& client, Report& report,
                          const std::vector<std::string>& cards) {
    std::vector<job::Id> ids;
    for (std::size_t i = 0; i < jobs_in_turn * ground.scale; ++i) {
        ids.push_back(CCD_TRY(client.call<job::Submit>(job_with_card(ground, Millis{0}))).id);
        CCD_TRY(client.call<job::Wait>({.ids = {ids.back()}}));
    }
    return check_shares(ground, report, "one by one, the cards take turns", cards, ids, tolerance);
}

}  // namespace

Result<void> balance_cards(const Ground& ground, Report& report) {
    auto client = CCD_TRY(Client::open(ground.socket, patience));
    auto cards = equal_cards(client);
    if (!cards && !ground.daemon) {
        report.leave_out(cards.error().message);
        return {};
    }
    if (!cards) return tl::unexpected{cards.error()};
    CCD_TRY(load_all(ground, client, report, *cards));
    return load_in_turn(ground, client, report, *cards);
}

}  // namespace ccd::stress
