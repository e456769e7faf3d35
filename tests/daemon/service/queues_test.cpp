// Who may make, use and destroy which queue, and how many there may be.
#include "daemon/service/queues.h"

#include <algorithm>
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
    // Not committed yet.
    bool begin(const queue::CreateRequest& request, const Caller& caller = alice) {
        auto created = queues.create(request, caller, in_group);
        BOOST_TEST_REQUIRE(created.has_value(), (created ? "" : created.error().message));
        return *created;
    }
    bool create(const queue::CreateRequest& request, const Caller& caller = alice) {
        const bool created = begin(request, caller);
        commit();
        return created;
    }
    void commit() { queues.committed(decisions.batch_id++); }
    // The batch that is being made fails: what it was to do to processes is not done.
    void fail_to_commit() {
        ++decisions.batch_id;
        queues.interrupt({.code = Errc::storage_unavailable, .message = "the disk is full"});
        std::erase_if(decisions.effects, waits_for_commit);
    }
    void destroy(const std::string& name = "frames", const Caller& caller = alice) {
        BOOST_TEST_REQUIRE(queues.destroy(name, caller, in_group).has_value());
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
    // In the order of their numbers.
    static std::string name_of(std::size_t number) {
        auto digits = std::to_string(10'000 + number);
        return digits.replace(0, 1, "n");
    }
    std::vector<std::string> names(const Caller& caller, std::string_view after = "",
                                   std::size_t limit = 1'000) const {
        std::vector<std::string> names;
        for (const auto* queue : queues.visible_to(caller, in_group, after, limit))
            names.push_back(queue->row.name);
        return names;
    }
    template <class Effect>
    std::size_t count() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            decisions.effects,
            [](const auto& effect) { return std::holds_alternative<Effect>(effect); }));
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
    const Queue& frames(const Caller& caller = root) const {
        return **queues.look("frames", caller, in_group);
    }

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
    destroy("large");
    BOOST_TEST((refused(large, root) == Errc::over_limit));  // its memory is there until the commit
    commit();
    create(large, root);
}

BOOST_AUTO_TEST_CASE(there_are_so_many_queues_of_a_user_and_in_all) {
    queues.set_config({.max_memory = 64_GiB, .max_memory_per_user = 64_GiB});
    auto small = shape();
    small.capacity = 1;
    small.message_size = Bytes{1};
    for (std::size_t i = 0; i < Queues::queues_per_uid; ++i) {
        small.name = name_of(i);
        create(small);
    }
    small.name = "one-more";
    BOOST_TEST((refused(small) == Errc::over_limit));
    BOOST_TEST(queues.create(small, alice, in_group).error().message.find("uid 1000 has 256") ==
               0U);
    for (std::size_t i = queues.size(); i < Queues::queue_limit; ++i) {
        small.name = name_of(i);
        create(small, root);  // has no limit of his own
    }
    small.name = "one-more";
    BOOST_TEST((refused(small, root) == Errc::over_limit));
    BOOST_TEST((refused(small, bob) == Errc::over_limit));
    destroy(name_of(0));
    commit();
    create(small);
}

BOOST_AUTO_TEST_CASE(a_destroyed_one_counts_until_nobody_uses_it) {
    auto large = shape();
    large.capacity = 10'000;
    create(large);
    const auto id = frames().row.id;
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::both).has_value());
    const auto first = number();
    BOOST_TEST_REQUIRE(attach(colleague, queue::Use::both).has_value());
    const auto second = number();
    destroy();
    commit();
    BOOST_TEST(queues.size() == 0U);
    BOOST_TEST(names(root).empty());
    BOOST_TEST(queues.all().empty());
    BOOST_TEST((attach(alice, queue::Use::both).error().code == Errc::not_found));
    BOOST_TEST((refused(large) == Errc::over_limit));
    BOOST_TEST(queues.detach({.queue = id, .client = first}, alice).has_value());
    BOOST_TEST(std::get<MendQueue>(decisions.effects.back()).client == first);
    queues.mended(id, first);
    BOOST_TEST((refused(large) == Errc::over_limit));
    queues.leave(id, second);
    BOOST_TEST((refused(large) == Errc::over_limit));
    queues.mended(id, second);
    BOOST_TEST(queues.memory().count == 0U);
    create(large);
}

BOOST_AUTO_TEST_CASE(many_are_listed_page_by_page) {
    for (std::size_t i = 0; i < 10; ++i) create(shape(name_of(i)), i % 2 == 0 ? alice : bob);
    BOOST_TEST(names(root, "", 4).size() == 4U);
    BOOST_TEST(names(root, "n0003", 4).front() == "n0004");
    BOOST_TEST(names(root, "n0008", 4).size() == 1U);
    BOOST_TEST(names(root, "n0009", 4).empty());
    // What is another's takes no place on the page.
    BOOST_TEST(names(alice, "", 4).back() == "n0006");
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
    BOOST_TEST(names(bob).empty());
    BOOST_TEST((queues.look("frames", bob, in_group).error().code == Errc::not_found));
    BOOST_TEST((queues.destroy("frames", bob, in_group).error().code == Errc::not_found));
    BOOST_TEST((refused(shape(), bob) == Errc::denied));
    BOOST_TEST(names(colleague).size() == 1U);
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
    destroy();
    create(shape());
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::put).has_value());
    BOOST_TEST(number() == old.client);
    BOOST_TEST(queues.detach(old, alice).has_value());
    BOOST_TEST((queues.detach(old, alice).error().code == Errc::not_found));
    BOOST_TEST(frames().users.size() == 1U);
}

BOOST_AUTO_TEST_CASE(numbers_are_given_one_after_the_other_and_again_when_they_are_mended) {
    create(shape());
    const auto id = frames().row.id;
    for (shm::ClientId next = 1; next < shm::client_limit; ++next) {
        BOOST_TEST_REQUIRE(attach(root, queue::Use::put).has_value());
        BOOST_TEST_REQUIRE(number() == next);
        if (next == 7) continue;  // he stays
        queues.leave(id, next);
        if (next != 2) queues.mended(id, next);
    }
    for (const int next : {1, 3, 4, 5, 6, 8}) {
        BOOST_TEST_REQUIRE(attach(root, queue::Use::put).has_value());
        BOOST_TEST(number() == next);
    }
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

BOOST_AUTO_TEST_CASE(only_its_maker_sees_a_queue_that_is_not_committed) {
    auto request = shape();
    request.mode = "0666";
    begin(request);
    for (const auto& other : {bob, colleague, root}) {
        BOOST_TEST(names(other).empty());
        BOOST_TEST((queues.look("frames", other, in_group).error().code == Errc::not_found));
        BOOST_TEST((attach(other, queue::Use::both).error().code == Errc::not_found));
    }
    BOOST_TEST(names(alice).size() == 1U);
    BOOST_TEST(queues.look("frames", alice, in_group).value()->changed_in == decisions.batch_id);
    commit();
    BOOST_TEST(names(bob).size() == 1U);
    BOOST_TEST(attach(bob, queue::Use::both).has_value());
}

BOOST_AUTO_TEST_CASE(who_attaches_to_a_queue_that_is_not_committed_waits) {
    begin(shape());
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::both).has_value());
    BOOST_TEST(count<AttachQueue>() == 0U);
    // He cannot know his number yet.
    BOOST_TEST(!queues.detach({.queue = 1, .client = 1}, alice).has_value());
    queues.committed(decisions.batch_id - 1);
    BOOST_TEST(count<AttachQueue>() == 0U);
    commit();
    BOOST_TEST(count<AttachQueue>() == 1U);
    BOOST_TEST(number() == 1U);
    BOOST_TEST(attach(alice, queue::Use::both).has_value());
    BOOST_TEST(count<AttachQueue>() == 2U);
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_queue_that_is_not_committed_after_all_is_refused) {
    begin(shape());
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::both).has_value());
    fail_to_commit();
    BOOST_TEST(count<AttachQueue>() == 0U);
    BOOST_TEST_REQUIRE(count<Refuse>() == 1U);
    BOOST_TEST(names(alice).empty());
    BOOST_TEST((attach(alice, queue::Use::both).error().code == Errc::not_found));
    queues.mended(1, 1);
    queues.load({}, 0);
    BOOST_TEST(queues.memory().count == 0U);
    for (std::size_t i = 0; i < Queues::users_per_uid; ++i) {
        if (i == 0) create(shape());
        BOOST_TEST_REQUIRE(attach(alice, queue::Use::put).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_queue_that_was_committed_though_it_seemed_not_is_there_after_the_load) {
    begin(shape());
    const auto row = frames(alice).row;
    fail_to_commit();
    queues.load({row}, 1);
    BOOST_TEST(names(colleague).size() == 1U);
    BOOST_TEST(attach(alice, queue::Use::both).has_value());
    BOOST_TEST(count<AttachQueue>() == 1U);
}

BOOST_AUTO_TEST_CASE(the_number_of_a_queue_is_not_given_again_after_a_failed_commit) {
    create(shape());
    const auto row = frames().row;
    begin(shape("never-committed"));
    const auto failed = queues.look("never-committed", alice, in_group).value()->row.id;
    fail_to_commit();
    queues.load({row}, row.id);
    create(shape("next"));
    BOOST_TEST(queues.look("next", root, in_group).value()->row.id > failed);
}

BOOST_AUTO_TEST_CASE(who_uses_a_queue_that_is_still_on_record_goes_on) {
    create(shape());
    begin(shape("never-committed"));
    const auto row = frames().row;
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::both).has_value());
    decisions.effects.clear();
    fail_to_commit();
    queues.load({row}, 7);
    BOOST_TEST(queues.size() == 1U);
    BOOST_TEST(frames().users.size() == 1U);
    BOOST_TEST_REQUIRE(decisions.effects.size() == 1U);
    BOOST_TEST(std::holds_alternative<CloseQueue>(decisions.effects.front()));
    create(shape("next"));
    BOOST_TEST((*queues.look("next", root, in_group))->row.id == 8U);
}

BOOST_AUTO_TEST_CASE(what_is_on_disk_in_an_impossible_shape_keeps_its_name_until_it_is_destroyed) {
    queues.load({{.id = 5,
                  .name = "frames",
                  .uid = alice.uid,
                  .gid = alice.gid,
                  .mode = 0666,
                  .capacity = 0,
                  .message_size = Bytes{64}}},
                3);
    BOOST_TEST(names(root).empty());
    BOOST_TEST((attach(root, queue::Use::put).error().code == Errc::not_found));
    BOOST_TEST((refused(shape(), root) == Errc::conflict));
    BOOST_TEST((queues.destroy("frames", bob, in_group).error().code == Errc::not_found));
    destroy("frames", alice);
    BOOST_TEST(create(shape(), bob));
    BOOST_TEST(queues.look("frames", bob, in_group).value()->row.id == 6U);
}

BOOST_AUTO_TEST_CASE(a_queue_whose_destruction_fails_comes_back_with_those_who_use_it) {
    create(shape());
    const auto row = frames().row;
    for (int i = 0; i < 3; ++i) BOOST_TEST_REQUIRE(attach(alice, queue::Use::both).has_value());
    queues.leave(row.id, 2);
    destroy();
    fail_to_commit();
    queues.leave(row.id, 3);
    queues.load({row}, row.id);
    BOOST_TEST(count<CloseQueue>() == 0U);
    BOOST_TEST(frames().users.size() == 1U);
    BOOST_TEST(frames().leaving.size() == 2U);
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::both).has_value());
    BOOST_TEST(number() == 4U);
    queues.mended(row.id, 2);
    BOOST_TEST(frames().leaving.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_queue_that_was_destroyed_though_it_seemed_not_is_closed_after_the_load) {
    create(shape());
    create(shape("unused"));
    const auto id = frames().row.id;
    BOOST_TEST_REQUIRE(attach(alice, queue::Use::both).has_value());
    destroy();
    destroy("unused");
    fail_to_commit();
    queues.load({}, 2);
    BOOST_TEST(count<CloseQueue>() == 2U);
    BOOST_TEST(queues.size() == 0U);
    BOOST_TEST(queues.memory().count > 0U);
    BOOST_TEST(queues.detach({.queue = id, .client = 1}, alice).has_value());
    queues.mended(id, 1);
    BOOST_TEST(queues.memory().count == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::service
