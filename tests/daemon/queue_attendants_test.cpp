// Who used a queue under the last ccd: dead is only who is proven so.
#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/attendance.h"
#include "tests/daemon/queue_life.h"
#include "tests/harness/child.h"

namespace ccd::daemon {
namespace {

const queue::CreateRequest frames{.name = "frames", .capacity = 8, .message_size = Bytes{100}};

// Other processes that use a queue, each of whom has taken a message of it: a message more is lost
// for each who counts as dead.
struct Attendants {
    // Under the last ccd. Their numbers are 1, 2 and so on.
    void leave_queue(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            auto child = harness::Child::fork([] { return ::pause(); });
            BOOST_TEST_REQUIRE(child.has_value());
            children.push_back(std::move(*child));
        }
        QueueLife last{home};
        const auto id = last.create(frames);
        for (const auto& child : children) {
            ends.emplace_back(new QueueEnd(last.attach(id, child.pid())));
            BOOST_TEST(ends.back()->put("one"));
            BOOST_TEST(ends.back()->take() == "one");
        }
        rows = last.rows();
    }
    // What stands in the attendance is changed.
    void note(sys::KeptDescriptors& kept, const std::function<void(Attendance&)>& change) {
        auto attendance =
            Attendance::adopt(UniqueFd{::fcntl(kept.at("attendance").get(), F_DUPFD_CLOEXEC, 0)});
        BOOST_TEST_REQUIRE(attendance.has_value());
        change(*attendance);
    }
    void began_at(sys::KeptDescriptors& kept, shm::ClientId client,
                  const std::function<std::uint64_t(std::uint64_t)>& when) {
        note(kept, [&](Attendance& attendance) {
            for (auto attendant : attendance.all()) {
                if (attendant.client != client) continue;
                BOOST_TEST(attendant.began > 0U);
                attendant.began = when(attendant.began);
                attendance.erase(1, client);
                BOOST_TEST(attendance.enter(attendant).has_value());
            }
        });
    }
    void begin(sys::KeptDescriptors kept) {
        next.emplace(home, rows);
        next->memories.adopt(std::move(kept));
    }
    // As `begin`, by a ccd that can open what it adopts, and nothing more.
    void begin_blind(sys::KeptDescriptors kept) {
        constexpr int far_up = 500;
        for (auto& [name, descriptor] : kept)
            descriptor = UniqueFd{::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, far_up)};
        next.emplace(home, rows);
        const FewDescriptors few{2};
        next->memories.adopt(std::move(kept));
    }
    void until_mended(shm::ClientId client) {
        next->until([&] { return next->is_mended(1, client); });
    }
    std::uint64_t lost() const { return next->memories.figures(1).lost; }

    QueueHome home;
    std::vector<harness::Child> children;
    std::vector<std::unique_ptr<QueueEnd>> ends;
    std::vector<store::QueueRow> rows;
    std::optional<QueueLife> next;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queue_attendants, Attendants, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(who_has_died_meanwhile_is_mended_for_and_who_lives_is_watched_on) {
    leave_queue(2);
    children[0].kill();
    begin(home.take());
    until_mended(1);
    BOOST_TEST(!next->uses(1, 1));
    BOOST_TEST(next->uses(1, 2));
    BOOST_TEST(lost() == 1U);
    children[1].kill();
    until_mended(2);
    BOOST_TEST(!next->rules.find(1)->is_used());
    BOOST_TEST(lost() == 2U);
    // Nor does the next one find them.
    auto kept = home.take();
    note(kept, [](Attendance& attendance) { BOOST_TEST(attendance.all().empty()); });
}

BOOST_AUTO_TEST_CASE(a_later_process_with_his_number_is_not_taken_for_him) {
    leave_queue(1);
    auto kept = home.take();
    began_at(kept, 1, [](std::uint64_t ticks) { return ticks - 1; });
    begin(std::move(kept));
    until_mended(1);
    BOOST_TEST(lost() == 1U);
}

BOOST_AUTO_TEST_CASE(of_whom_it_is_not_known_when_he_began_lives_as_long_as_there_is_his_number) {
    leave_queue(2);
    children[1].kill();
    auto kept = home.take();
    for (shm::ClientId client = 1; client <= 2; ++client)
        began_at(kept, client, [](std::uint64_t) { return 0; });
    begin(std::move(kept));
    until_mended(2);
    BOOST_TEST(next->uses(1, 1));
    BOOST_TEST(!next->is_mended(1, 1));
    BOOST_TEST(lost() == 1U);
    children[0].kill();
    until_mended(1);
}

BOOST_AUTO_TEST_CASE(who_was_leaving_has_left_though_his_process_lives) {
    leave_queue(2);
    auto kept = home.take();
    note(kept, [](Attendance& attendance) { attendance.set_leaving(1, 1); });
    begin(std::move(kept));
    until_mended(1);
    BOOST_TEST(next->uses(1, 2));
    BOOST_TEST(lost() == 1U);
}

BOOST_AUTO_TEST_CASE(who_cannot_be_looked_at_counts_as_alive_and_is_looked_at_again) {
    leave_queue(2);
    begin_blind(home.take());
    BOOST_TEST(next->uses(1, 1));
    BOOST_TEST(next->uses(1, 2));
    BOOST_TEST(lost() == 0U);
    children[1].kill();
    until_mended(2);
    BOOST_TEST(next->uses(1, 1));
    BOOST_TEST(lost() == 1U);
    children[0].kill();
    until_mended(1);
    BOOST_TEST(lost() == 2U);
}

// His number is another's by the time that he is looked at again.
BOOST_AUTO_TEST_CASE(who_has_left_before_he_is_looked_at_again_takes_no_successor_along) {
    leave_queue(2);
    begin_blind(home.take());
    next->rules.leave(1, 1);
    until_mended(1);
    next->mended.clear();
    auto successor = next->attach(1, ::getpid());
    BOOST_TEST_REQUIRE(next->uses(1, 1));
    for (auto& child : children) child.kill();
    until_mended(2);
    BOOST_TEST(next->uses(1, 1));
    BOOST_TEST(!next->is_mended(1, 1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::daemon
