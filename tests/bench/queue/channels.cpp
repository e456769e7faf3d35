#include "tests/bench/queue/channels.h"

#include <array>
#include <cassert>
#include <string>

#include "tests/bench/variant.h"

namespace ccd::bench::queue {
namespace {

struct Row {
    std::string_view who;
    MadeChannel (*make)(const Shape& shape);
};

constexpr std::array table{
    Row{"boost", &make_boost_queue},   Row{"pipe", &make_pipe},   Row{"seqpacket", &make_seqpacket},
    Row{"posixmq", &make_posix_queue}, Row{"futex", &make_futex},
};

}  // namespace

MadeChannel make_channel(std::string_view who, const Shape& shape) {
    for (const auto& row : table)
        if (row.who == who) return row.make(shape);
    return CCD_TRY(make_placed_channel(who, shape));
}

MadePlacedChannel make_placed_channel(std::string_view who, const Shape& shape) {
    assert(who == ourselves || who == "vyukov");
    return who == ourselves ? make_ours(shape) : make_vyukov(shape);
}

}  // namespace ccd::bench::queue
