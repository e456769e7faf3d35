// Requests whose fields were spoilt at random: each is answered, or waits, and none brings the
// rules or the store out of step.
#include <boost/test/unit_test.hpp>
#include <tuple>

#include "ccd/commands.h"
#include "tests/daemon/handlers/desk.h"
#include "tests/lib/wire/spoiler.h"

namespace ccd::handlers {
namespace {

template <class Command>
RawRequest raw(const typename Command::Request& request) {
    std::string params;
    wire::Packer packer{params};
    wire::encode<Command::request_fields, wire::Absent::left_out>(packer, request);
    return {std::string{Command::info.name}, std::move(params)};
}

// One of each command, and some with more to spoil.
std::vector<RawRequest> requests() {
    std::vector<RawRequest> all;
    std::apply([&](auto... command) { (all.push_back(raw<decltype(command)>({})), ...); },
               WireCommands{});
    job::SubmitRequest submit{.argv = {"python3", "train.py"}, .gpus = 1, .cwd = "/"};
    submit.vram = 3_GiB;
    submit.env = {"LONG=" + std::string(2'000, 'x')};  // where a change may pass
    submit.tag = {"tag"};
    submit.key = "key";
    submit.time_limit = Millis{60'000};
    all.insert(all.end(), all.size(), raw<job::Submit>(submit));
    all.push_back(raw<job::Status>({.ids = {1, 2}}));
    all.push_back(raw<job::Cancel>({.ids = {1}, .reason = "because"}));
    all.push_back(raw<job::Wait>({.ids = {1, 2}, .any = true}));
    return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(mutation, Desk)

BOOST_AUTO_TEST_CASE(spoilt_requests_are_answered_and_the_next_good_one_too) {
    const auto good = requests();
    std::size_t refused = 0;
    std::size_t done = 0;
    for (auto seed : spoiler::seeds) {
        spoiler::Spoiler random{seed};
        for (int i = 0; i < 600; ++i) {
            auto spoilt = good[random.below(good.size())];
            spoilt.params = random.spoil(spoilt.params);
            auto said = say(i % 2 == 0 ? owner : administrator, spoilt);
            auto head = said.head();
            if (head && head->error) {
                BOOST_TEST((head->error->code != Errc::internal), "seed " << seed << ", "
                                                                          << spoilt.method << ": "
                                                                          << head->error->message);
                ++refused;
            } else {
                ++done;
            }
            take_late();
        }
        BOOST_TEST(ask<host::Ping>(owner, {}).has_value());
    }
    // Or the test would say nothing of them.
    BOOST_TEST(refused > 500U);
    BOOST_TEST(done > 50U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::handlers
