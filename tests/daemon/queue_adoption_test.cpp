// What the next ccd does with the queues of the last one: it uses all of it, or tells that it is
// over.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "daemon/attendance.h"
#include "tests/daemon/queue_life.h"

namespace ccd::daemon {
namespace {

const queue::CreateRequest frames{.name = "frames", .capacity = 4, .message_size = Bytes{100}};

bool is_in(std::string_view text, std::string_view whole) {
    return whole.find(text) != std::string_view::npos;
}

shm::QueueMemory memory_of_shape(shm::QueueShape shape) {
    auto made = shm::create_queue("test", shape);
    BOOST_TEST_REQUIRE(made.has_value());
    return std::move(*made);
}

UniqueFd copy_of(int descriptor) {
    return UniqueFd{::dup(descriptor)};
}

// As `file`, but anybody may make it shorter.
UniqueFd without_seals(const UniqueFd& file) {
    UniqueFd copy{::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    const auto size = ::lseek(file.get(), 0, SEEK_END);
    BOOST_TEST_REQUIRE(::ftruncate(copy.get(), size) == 0);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    BOOST_TEST_REQUIRE(::pread(file.get(), bytes.data(), bytes.size(), 0) == size);
    BOOST_TEST_REQUIRE(::pwrite(copy.get(), bytes.data(), bytes.size(), 0) == size);
    return copy;
}

// A ccd that has ended, and one who goes on to use its queue.
struct Adoption {
    // Of the last ccd.
    void leave_queues(const std::vector<queue::CreateRequest>& requests = {frames}) {
        QueueLife last{home};
        for (const auto& request : requests) {
            const auto id = last.create(request);
            ends.emplace_back(new QueueEnd(last.attach(id, ::getpid())));
            BOOST_TEST(ends.back()->put("one"));
        }
        rows = last.rows();
    }
    // What is logged by the next one.
    std::string begin(sys::KeptDescriptors kept) {
        next.emplace(home, rows);
        return told_by([&] {
            next->memories.adopt(std::move(kept));
            BOOST_TEST_REQUIRE(next->loop.finish_work(Millis{60'000}));
        });
    }
    // Nobody counts as using it, and who comes has another one than those who do.
    void check_made_anew(store::QueueId id) {
        BOOST_TEST(!next->rules.find(id)->is_used());
        BOOST_TEST(next->memories.figures(id).put == 0U);
        auto end = next->attach(id, ::getpid());
        BOOST_TEST(end.take() == "");
        BOOST_TEST(end.put("two"));
        BOOST_TEST(next->memories.figures(id).depth == 1U);
    }

    QueueHome home;
    std::vector<std::unique_ptr<QueueEnd>> ends;
    std::vector<store::QueueRow> rows;
    std::optional<QueueLife> next;
};

// What may be wrong with what is kept, what is said of it, and whether those who use the queue can
// be told by its memory that it is over.
struct Fault {
    const char* what;
    const char* told;
    bool is_closed;
    std::function<void(sys::KeptDescriptors&)> happen;
};

const std::vector<Fault> faults{
    {"no control", "a part of it was not kept", false,
     [](sys::KeptDescriptors& kept) { kept.erase("q1c"); }},
    {"no payload", "a part of it was not kept", true,
     [](sys::KeptDescriptors& kept) { kept.erase("q1p"); }},
    {"no socket", "a part of it was not kept", true,
     [](sys::KeptDescriptors& kept) { kept.erase("q1m"); }},
    {"payload of another size", "bytes and not", true,
     [](sys::KeptDescriptors& kept) {
         kept["q1p"] =
             copy_of(memory_of_shape({.capacity = 400, .message_size = 100}).payload.fd());
     }},
    {"control of another size", "bytes and not", false,
     [](sys::KeptDescriptors& kept) {
         kept["q1c"] =
             copy_of(memory_of_shape({.capacity = 400, .message_size = 100}).control.fd());
     }},
    {"control that can change its size", "its size is not fixed", false,
     [](sys::KeptDescriptors& kept) { kept["q1c"] = without_seals(kept["q1c"]); }},
    {"payload that can change its size", "its size is not fixed", true,
     [](sys::KeptDescriptors& kept) { kept["q1p"] = without_seals(kept["q1p"]); }},
    {"no memory at all", "its size is not fixed", true,
     [](sys::KeptDescriptors& kept) {
         kept["q1p"] = UniqueFd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
     }},
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(queue_adoption, Adoption, *boost::unit_test::timeout(120))

BOOST_AUTO_TEST_CASE(what_is_in_a_queue_is_there_for_the_next_ccd) {
    leave_queues();
    BOOST_TEST(begin(home.take()) == "");
    BOOST_TEST(next->uses(1, 1));
    BOOST_TEST(next->memories.figures(1).depth == 1U);
    auto end = next->attach(1, ::getpid());
    BOOST_TEST(end.take() == "one");
    BOOST_TEST(ends.front()->put("two"));
    BOOST_TEST(end.take() == "two");
    next->until([&] { return end.is_woken(); });
    BOOST_TEST(!end.is_closed());
    BOOST_TEST(home.names_kept() == "attendance q1c q1m q1p q1r ");
}

BOOST_AUTO_TEST_CASE(a_queue_whose_memory_cannot_be_used_is_told_dropped_and_made_anew) {
    for (const auto& fault : faults) {
        BOOST_TEST_CONTEXT(fault.what) {
            Adoption one;
            one.leave_queues();
            auto kept = one.home.take();
            fault.happen(kept);
            const auto told = one.begin(std::move(kept));
            BOOST_TEST(is_in("queue 'frames': its memory was kept and cannot be used", told), told);
            BOOST_TEST(is_in(fault.told, told), told);
            BOOST_TEST(one.ends.front()->is_closed() == fault.is_closed);
            const bool is_silent = std::string_view{fault.what} == "no socket";
            BOOST_TEST((one.ends.front()->is_woken() || is_silent));
            auto left = one.home.take();
            BOOST_TEST_REQUIRE(left.contains("attendance"));
            BOOST_TEST(left.size() == 1U);
            const auto attendance = Attendance::adopt(std::move(left.at("attendance")));
            BOOST_TEST_REQUIRE(attendance.has_value());
            BOOST_TEST(attendance->all().empty());
            one.home.pause();
            one.check_made_anew(1);
        }
    }
}

// Of what it does not know it touches nothing.
BOOST_AUTO_TEST_CASE(memory_of_another_layout_is_left_alone_and_who_polls_is_woken) {
    leave_queues();
    ends.front()->attachment.memory().header->layout = shm::layout + 1;
    const auto told = begin(home.take());
    BOOST_TEST(is_in("laid out by another version", told), told);
    BOOST_TEST(!ends.front()->is_closed());
    BOOST_TEST(ends.front()->is_woken());
    BOOST_TEST(home.names_kept() == "attendance ");
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_used_takes_no_other_along) {
    auto second = frames;
    second.name = "second";
    leave_queues({frames, second});
    auto kept = home.take();
    kept.erase("q1p");
    begin(std::move(kept));
    BOOST_TEST(!next->rules.find(1)->is_used());
    BOOST_TEST(next->uses(2, 1));
    BOOST_TEST(next->memories.figures(2).depth == 1U);
    BOOST_TEST(!ends.back()->is_closed());
    BOOST_TEST(home.names_kept() == "attendance q2c q2m q2p q2r ");
}

// They are told by memory that stays theirs, and get what is in line.
BOOST_AUTO_TEST_CASE(where_it_is_not_known_who_used_them_all_are_closed_and_made_anew) {
    auto second = frames;
    second.name = "second";
    for (const bool is_there : {false, true}) {
        Adoption all;
        all.leave_queues({frames, second});
        auto kept = all.home.take();
        kept.erase("attendance");
        if (is_there)
            kept["attendance"] =
                copy_of(memory_of_shape({.capacity = 1, .message_size = 1}).control.fd());
        const auto told = all.begin(std::move(kept));
        BOOST_TEST(is_in("who uses them is not known", told), told);
        for (const auto& end : all.ends) {
            BOOST_TEST(end->is_closed());
            BOOST_TEST(end->is_woken());
            BOOST_TEST(end->take() == "one");
        }
        BOOST_TEST(all.home.names_kept() == "");
        all.home.pause();
        all.check_made_anew(1);
        all.check_made_anew(2);
        BOOST_TEST(all.home.names_kept() == "attendance q1c q1m q1p q1r q2c q2m q2p q2r ");
    }
}

BOOST_AUTO_TEST_CASE(a_queue_that_is_not_on_record_any_more_is_closed_and_dropped) {
    leave_queues();
    rows.clear();
    begin(home.take());
    BOOST_TEST(ends.front()->is_closed());
    BOOST_TEST(ends.front()->is_woken());
    BOOST_TEST(ends.front()->take() == "one");
    BOOST_TEST(home.names_kept() == "attendance ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::daemon
