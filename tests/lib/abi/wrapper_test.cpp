// That ccd.hpp is C++17, all of it. What it does with a queue is tested with a daemon.
#include <boost/test/unit_test.hpp>

#include "ccd/ccd.hpp"

static_assert(__cplusplus < 202002L);

// Nobody calls it: that it compiles is the test.
[[maybe_unused]] static void use_everything(ccd::Client& client) {
    client.create("frames", {4, 64});
    ccd::Queue queue{client, "frames", ccd::Use::both};
    queue.put("for ever");
    if (queue.put("a second", std::chrono::seconds{1})) queue.arm(ccd::Event::message);
    if (auto room = queue.reserve(8)) room->commit(4);
    if (auto message = queue.peek(ccd::forever)) BOOST_TEST(message->deliveries() == 0U);
    if (auto message = queue.peek(ccd::forever)) message->nack();
    if (auto message = queue.peek(ccd::forever)) message->acknowledge();
    BOOST_TEST(queue.put_many({"one", "two"}, ccd::forever) == 2U);
    BOOST_TEST(queue.get_many(2, ccd::forever).size() == 2U);
    BOOST_TEST(queue.get(std::chrono::milliseconds{1}).value_or("").size() <= queue.message_size());
    BOOST_TEST(queue.depth() <= queue.capacity());
    BOOST_TEST(queue.descriptor(ccd::Event::room) >= 0);
    client.destroy("frames");
}

BOOST_AUTO_TEST_SUITE(wrapper)

BOOST_AUTO_TEST_CASE(a_failure_is_an_exception_with_its_code_and_sentence) {
    try {
        ccd::Client client{"/nonexistent/ccd.sock"};
        BOOST_ERROR("there is a daemon");
    } catch (const ccd::Error& error) {
        BOOST_TEST(error.code() == CCD_UNREACHABLE);
        BOOST_TEST(std::string{error.what()}.find("/nonexistent/ccd.sock") != std::string::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()
