// The variants of the case `queue`: so many producers and as many consumers, a size of messages,
// and whether these are copied; and the round trips.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tests/bench/contestants.h"

namespace ccd::bench::queue {

enum class Passing : std::uint8_t { copied, in_place };

struct Size {
    std::string_view name;
    std::size_t bytes;
    std::size_t capacity;  // messages in line
};
inline constexpr std::array sizes{Size{"64", 64, 1024}, Size{"1k", 1 << 10, 1024},
                                  Size{"64k", 64 << 10, 64}, Size{"1m", 1 << 20, 16}};

struct Group {
    std::string_view name;
    std::size_t count;  // of producers, and of consumers
};
inline constexpr std::array groups{Group{"1p1c", 1}, Group{"2p2c", 2}, Group{"4p4c", 4},
                                   Group{"10p10c", 10}};

struct Traffic {
    Group group;
    Size size;
    Passing passing = Passing::copied;
};

constexpr auto make_traffics() {
    std::array<Traffic, 2 * groups.size() * sizes.size()> all{};
    auto next = all.begin();
    for (auto passing : {Passing::copied, Passing::in_place})
        for (auto group : groups)
            for (auto size : sizes) *next++ = {group, size, passing};
    return all;
}
inline constexpr auto traffics = make_traffics();

// "10p10c-64k-inplace"
class TrafficName {
public:
    constexpr TrafficName() = default;
    constexpr explicit TrafficName(const Traffic& traffic) {
        add(traffic.group.name);
        add("-");
        add(traffic.size.name);
        if (traffic.passing == Passing::in_place) add("-inplace");
    }
    constexpr std::string_view view() const { return {text_.data(), size_}; }

private:
    constexpr void add(std::string_view part) {
        for (char letter : part) text_[size_++] = letter;
    }

    std::array<char, 24> text_{};
    std::size_t size_ = 0;
};

constexpr auto make_names() {
    std::array<TrafficName, traffics.size()> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = TrafficName{traffics[i]};
    return names;
}
inline constexpr auto names = make_names();

using Peers = std::span<const std::string_view>;

// A pipe keeps longer messages together for one reader only, and the socket takes none of 1 MiB.
inline constexpr std::array<std::string_view, 6> small_peers{"boost",     "vyukov",  "pipe",
                                                             "seqpacket", "posixmq", "python"};
inline constexpr std::array<std::string_view, 7> large_peers{
    "boost", "vyukov", "pipe", "seqpacket", "posixmq", "python", "memcpy"};
inline constexpr std::array<std::string_view, 6> large_peers_of_many{
    "boost", "vyukov", "seqpacket", "posixmq", "python", "memcpy"};
inline constexpr std::array<std::string_view, 6> largest_peers{"boost",   "vyukov", "pipe",
                                                               "posixmq", "python", "memcpy"};
inline constexpr std::array<std::string_view, 5> largest_peers_of_many{"boost", "vyukov", "posixmq",
                                                                       "python", "memcpy"};
inline constexpr std::array<std::string_view, 2> placed_peers{"vyukov", "memcpy"};
inline constexpr std::array<std::string_view, 2> hot_peers{"vyukov", "boost"};
inline constexpr std::array<std::string_view, 3> parked_peers{"futex", "pipe", "posixmq"};

constexpr Peers peers_of(const Traffic& traffic) {
    const bool is_small = traffic.size.bytes <= 1 << 10;
    const bool is_largest = traffic.size.bytes >= 1 << 20;
    const bool is_alone = traffic.group.count == 1;
    if (traffic.passing == Passing::in_place)
        return is_small ? Peers{placed_peers}.first(1) : Peers{placed_peers};
    if (is_small) return small_peers;
    if (is_largest) return is_alone ? Peers{largest_peers} : Peers{largest_peers_of_many};
    return is_alone ? Peers{large_peers} : Peers{large_peers_of_many};
}

constexpr std::string_view note_of(const Traffic& traffic) {
    return peers_of(traffic).back() == "memcpy"
               ? "memcpy: one process that copies within memory of the queue's size"
               : "";
}

inline constexpr std::string_view hot_name = "pingpong-hot";
inline constexpr std::string_view parked_name = "pingpong-parked";

constexpr auto make_variants() {
    std::array<Variant, traffics.size() + 2> all{};
    for (std::size_t i = 0; i < traffics.size(); ++i)
        all[i] = {.case_name = "queue",
                  .name = names[i].view(),
                  .peers = peers_of(traffics[i]),
                  .make = &make_queue,
                  .note = note_of(traffics[i])};
    all[traffics.size()] = {.case_name = "queue",
                            .name = hot_name,
                            .peers = hot_peers,
                            .make = &make_queue,
                            .note = "one way: half of a round trip; both sides spin"};
    all[traffics.size() + 1] = {
        .case_name = "queue",
        .name = parked_name,
        .peers = parked_peers,
        .make = &make_queue,
        .note = "one way: half of a round trip; both sides sleep before each message"};
    return all;
}
inline constexpr auto variants = make_variants();

}  // namespace ccd::bench::queue
