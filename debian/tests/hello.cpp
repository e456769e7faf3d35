// All of ccd.hpp with a queue: that it works as it is installed.
#include <ccd/ccd.hpp>
#include <chrono>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;

int failures = 0;

void check(bool is_so, const char* what, int line) {
    if (is_so) return;
    ++failures;
    std::cerr << "hello.cpp:" << line << ": it is not so that " << what << '\n';
}
#define CHECK(what) check((what), #what, __LINE__)

void put_and_get(ccd::Queue& queue) {
    CHECK(queue.capacity() == 4 && queue.message_size() == 100);
    queue.put("one");
    CHECK(queue.put("two", 1s) && queue.depth() == 2);
    CHECK(queue.get() == "one" && queue.get(1s) == "two" && !queue.get(0s));
    CHECK(queue.put_many({"a", "", "c", "d", "e"}, 0s) == 4);
    CHECK(!queue.put("x", 0s));
    CHECK(queue.get_many(3, ccd::forever) == (std::vector<std::string>{"a", "", "c"}));
    CHECK(queue.get_many(1000, 1s) == std::vector<std::string>{"d"});
    CHECK(queue.get_many(1000, 0s).empty() && queue.get_many(0, ccd::forever).empty());
}

void write_in_place(ccd::Queue& queue) {
    auto reserved = queue.reserve(50);
    CHECK(reserved && reserved->size() == 50);
    std::memcpy(reserved->data(), "in place", 8);
    reserved->commit(8);
    queue.reserve(50, 0s);  // goes unwritten
    CHECK(queue.get(0s) == "in place" && !queue.get(0s));
}

void read_in_place(ccd::Queue& queue) {
    queue.put("read");
    CHECK(queue.peek()->bytes() == "read");  // and is acknowledged
    CHECK(!queue.peek(0s));
    queue.put("given back");
    queue.peek()->nack();
    try {
        const auto message = queue.peek();
        CHECK(message->deliveries() == 1);
        throw std::runtime_error{"not done with it"};
    } catch (const std::runtime_error&) {
        const auto message = queue.peek(0s);  // while an exception is looked at, none is under way
        CHECK(message && message->deliveries() == 2 && message->bytes() == "given back");
    }
    CHECK(!queue.peek(0s));
    queue.put("acknowledged");
    auto message = queue.peek();
    message->acknowledge();
    try {
        message->acknowledge();
        CHECK(false);
    } catch (const ccd::Error& error) {
        CHECK(error.code() == CCD_BAD_REQUEST);
    }
    CHECK(!queue.peek(0s));
}

void refuse(ccd::Client& client) {
    try {
        client.create("hello-cpp", {4, 100, ccd::WhenFull::block, ccd::OnConsumerDeath::drop, 0});
        CHECK(false);
    } catch (const ccd::Error& error) {
        CHECK(error.code() == CCD_BAD_REQUEST && std::string_view{error.what()}.size() > 0);
    }
}

void destroy(ccd::Client& client, ccd::Queue& queue) {
    queue.put("last");
    client.destroy("hello-cpp");
    CHECK(queue.get() == "last");
    try {
        queue.get();
        CHECK(false);
    } catch (const ccd::Closed&) {
    }
    queue.arm(ccd::Event::message);
    CHECK(queue.descriptor(ccd::Event::message) >= 0);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        ccd::Client client{argc > 1 ? argv[1] : ""};
        refuse(client);
        CHECK(client.create("hello-cpp", {4, 100}) && !client.create("hello-cpp", {4, 100}));
        ccd::Queue queue{client, "hello-cpp", ccd::Use::both};
        put_and_get(queue);
        write_in_place(queue);
        read_in_place(queue);
        destroy(client, queue);
    } catch (const std::exception& error) {
        std::cerr << "hello.cpp: " << error.what() << '\n';
        return 1;
    }
    return failures == 0 ? 0 : 1;
}
