// Who may make, use and destroy which queue, and how many there may be.
#include "daemon/service/queues.h"

#include <boost/test/unit_test.hpp>
#include <string>

namespace ccd::service {
namespace {

constexpr Caller alice{.uid = 1000, .gid = 100, .pid = 11};
constexpr Caller bob{.uid = 1001, .gid = 101, .pid = 12};
constexpr Caller colleague{.uid = 1002, .gid = 100, .pid = 13};
constexpr Caller root{.uid = 0, .gid = 0, .pid = 14, .is_admin = true};

struct Rules {
    queue::CreateRequest shape(std::string name = "frames") const {
        return {.name = std::move(name), .capacity = 16, .message_size = Bytes{1'024}};
    }
    bool create(const queue::CreateRequest& request, const Caller& caller = alice) {
        auto created = queues.create(request, caller, in_group);
        BOOST_TEST_REQUIRE(created.has_value(), (created ? "" : created.error().message));
        return *created;
    }
    Errc refused(const queue::CreateRequest& request, const Caller& caller = alice) {
        auto created = queues.create(request, caller, in_group);
        BOOST_TEST_REQUIRE(!created.has_value());
        BOOST_TEST(!created.error().message.empty());
        return created.error().code;
    }
    Result<void> attach(const Caller& caller, queue::Use use, std::string name = "frames") {
        return queues.attach({.name = std::move(name), .use = use}, caller, {}, in_group, nullptr);
    }
    // The number that the last attach has got.
    shm::ClientId number() const { return std::get<AttachQueue>(decisions.effects.back()).client; }
    bool may(const Caller& caller, queue::Use use) {
        auto attached = attach(caller, use);
        if (attached) return true;
        BOOST_TEST(
            (attached.error().code == Errc::denied || attached.error().code == Errc::not_found));
        return false;
    }
    const Queue& frames() { return **queues.look("frames", root, in_group); }

    Queues::IsInGroup in_group = [](std::uint32_t) { return false; };
    Decisions decisions;
    Queues queues{{.max_memory = 64_MiB, .max_memory_per_user = 16_MiB}, decisions};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queues_suite, Rules)

BOOST_AUTO_TEST_CASE(a_queue_is_made_once) {
    BOOST_TEST(create(shape()));
    BOOST_TEST(decisions.batch.writes.size() == 1U);
    BOOST_TEST(!create(shape()));
    BOOST_TEST(decisions.batch.writes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_same_name_in_another_shape_is_a_conflict) {
    create(shape());
    auto other = shape();
    other.capacity = 17;
    BOOST_TEST((refused(other) == Errc::conflict));
    other = shape();
    other.message_size = Bytes{2'048};
    BOOST_TEST((refused(other) == Errc::conflict));
    other = shape();
    other.when_full = queue::WhenFull::fail;
    BOOST_TEST((refused(other) == Errc::conflict));
    other = shape();
    other.on_consumer_death = queue::OnConsumerDeath::redeliver;
    BOOST_TEST((refused(other) == Errc::conflict));
}

BOOST_AUTO_TEST_CASE(what_is_no_name_is_refused) {
    for (const auto& name : {std::string{}, std::string{"a/b"}, std::string{"a\nb"},
                             std::string{"a\x7f"}, std::string{"."}, std::string{".."},
                             std::string(Queues::name_limit + 1, 'a'), std::string{"a\0b", 3}})
        BOOST_TEST((refused(shape(name)) == Errc::bad_request), name);
    create(shape(std::string(Queues::name_limit, 'a')));
    create(shape("Frames of camera 1, größe"));
}

BOOST_AUTO_TEST_CASE(what_is_no_shape_is_refused) {
    auto wrong = shape();
    wrong.capacity = 0;
    BOOST_TEST((refused(wrong) == Errc::bad_request));
    wrong.capacity = shm::capacity_limit + 1;
    BOOST_TEST((refused(wrong) == Errc::bad_request));
    wrong = shape();
    wrong.message_size = Bytes{};
    BOOST_TEST((refused(wrong) == Errc::bad_request));
    wrong.message_size = Bytes{std::uint64_t{1} << 40};
    BOOST_TEST((refused(wrong) == Errc::bad_request));
    for (const char* mode : {"", "0670", "9", "rw", "0666 ", "-1", "01666"}) {
        wrong = shape();
        wrong.mode = mode;
        BOOST_TEST((refused(wrong) == Errc::bad_request), mode);
    }
}

BOOST_AUTO_TEST_CASE(the_memory_of_a_user_and_of_all_is_bounded) {
    auto large = shape("large");
    large.capacity = 10'000;
    BOOST_TEST(memory_of({.capacity = 10'000, .message_size = Bytes{1'024}}).count >
               (10_MiB).count);
    create(large);
    large.name = "second";
    BOOST_TEST((refused(large) == Errc::over_limit));
    create(large, bob);  // has a budget of his own
    for (const char* name : {"3", "4", "5"}) {
        large.name = name;
        create(large, root);  // is bounded by that of all only
    }
    large.name = "6";
    BOOST_TEST((refused(large, root) == Errc::over_limit));
    BOOST_TEST(queues.destroy("large", alice, in_group).has_value());
    create(large, root);
}

BOOST_AUTO_TEST_CASE(the_mode_says_who_may_put_and_get) {
    auto request = shape();
    request.mode = "0640";
    create(request);
    BOOST_TEST(may(alice, queue::Use::both));
    BOOST_TEST(may(colleague, queue::Use::get));
    BOOST_TEST(!may(colleague, queue::Use::put));
    BOOST_TEST(!may(colleague, queue::Use::both));
    BOOST_TEST(!may(bob, queue::Use::get));
    BOOST_TEST(may(root, queue::Use::both));
    in_group = [](std::uint32_t gid) { return gid == 100; };
    BOOST_TEST(may(bob, queue::Use::get));
}

BOOST_AUTO_TEST_CASE(who_may_not_use_it_does_not_see_it) {
    create(shape());
    BOOST_TEST(queues.visible_to(bob, in_group).empty());
    BOOST_TEST((queues.look("frames", bob, in_group).error().code == Errc::not_found));
    BOOST_TEST((queues.destroy("frames", bob, in_group).error().code == Errc::not_found));
    BOOST_TEST((refused(shape(), bob) == Errc::denied));
    BOOST_TEST(queues.visible_to(colleague, in_group).size() == 1U);
    BOOST_TEST((queues.destroy("frames", colleague, in_group).error().code == Errc::denied));
}

BOOST_AUTO_TEST_CASE(an_owner_without_rights_may_still_destroy_it) {
    auto request = shape();
    request.mode = "0";
    create(request);
    BOOST_TEST(!may(alice, queue::Use::get));
    BOOST_TEST(queues.destroy("frames", alice, in_group).has_value());
}

BOOST_AUTO_TEST_CASE(only_the_process_that_attached_detaches) {
    create(shape());
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::put).has_value());
    auto another = alice;
    another.pid = 99;
    const queue::DetachRequest asked{.queue = frames().row.id, .client = number()};
    BOOST_TEST((queues.detach(asked, another).error().code == Errc::not_found));
    BOOST_TEST((queues.detach({.queue = asked.queue, .client = 65'537}, alice).error().code ==
                Errc::not_found));
    BOOST_TEST(queues.detach(asked, alice).has_value());
    BOOST_TEST(std::holds_alternative<MendQueue>(decisions.effects.back()));
    BOOST_TEST(!queues.detach(asked, alice).has_value());
}

BOOST_AUTO_TEST_CASE(who_detaches_from_a_queue_that_is_gone_keeps_its_successor) {
    create(shape());
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::put).has_value());
    const queue::DetachRequest old{.queue = frames().row.id, .client = number()};
    BOOST_TEST_REQUIRE(queues.destroy("frames", alice, in_group).has_value());
    create(shape());
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::put).has_value());
    BOOST_TEST(number() == old.client);
    BOOST_TEST((queues.detach(old, alice).error().code == Errc::not_found));
    BOOST_TEST(frames().users.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_number_is_given_again_only_when_it_is_mended) {
    create(shape());
    const auto id = frames().row.id;
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::put).has_value());
    const auto first = number();
    queues.leave(id, first);
    BOOST_TEST(frames().users.empty());
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::put).has_value());
    BOOST_TEST(number() != first);
    queues.mended(id, first);
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::put).has_value());
    BOOST_TEST(number() == first);
}

BOOST_AUTO_TEST_CASE(a_user_attaches_so_often_and_no_more) {
    create(shape());
    for (std::size_t i = 0; i < Queues::users_per_uid; ++i)
        BOOST_TEST_REQUIRE(attach(alice, queue::Use::put).has_value());
    auto one_more = attach(alice, queue::Use::put);
    BOOST_TEST((one_more.error().code == Errc::over_limit));
    BOOST_TEST(attach(colleague, queue::Use::put).has_value());
    queues.leave(frames().row.id, 1);
    BOOST_TEST(attach(alice, queue::Use::put).has_value());
}

BOOST_AUTO_TEST_CASE(a_destroyed_one_is_closed_after_the_commit_and_its_number_not_given_again) {
    create(shape());
    const auto id = frames().row.id;
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::both).has_value());
    BOOST_TEST(queues.destroy("frames", alice, in_group).value() == 1U);
    BOOST_TEST(std::get<CloseQueue>(decisions.effects.back()).queue == id);
    BOOST_TEST(waits_for_commit(decisions.effects.back()));
    BOOST_TEST(queues.find(id) == nullptr);
    queues.leave(id, 1);  // was on its way
    queues.mended(id, 1);
    create(shape());
    BOOST_TEST(frames().row.id > id);
    BOOST_TEST(queues.memory().count == memory_of(frames().row).count);
}

BOOST_AUTO_TEST_CASE(who_uses_a_queue_that_is_still_on_record_goes_on) {
    create(shape());
    create(shape("never-committed"));
    const auto row = frames().row;
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::both).has_value());
    decisions.effects.clear();
    queues.load({row}, 7);
    BOOST_TEST(queues.size() == 1U);
    BOOST_TEST(frames().users.size() == 1U);
    BOOST_TEST_REQUIRE(decisions.effects.size() == 1U);
    BOOST_TEST(std::holds_alternative<CloseQueue>(decisions.effects.front()));
    create(shape("next"));
    BOOST_TEST((*queues.look("next", root, in_group))->row.id == 8U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::service
