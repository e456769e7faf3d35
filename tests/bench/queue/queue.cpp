// The case `queue`: which contestant a variant and a name make.
#include "tests/bench/contestants.h"
#include "tests/bench/queue/contestants.h"
#include "tests/bench/queue/variants.h"

namespace ccd::bench {
namespace {

using namespace queue;

// nullptr: it is no variant of a flow.
const Traffic* find_traffic(std::string_view variant) {
    for (std::size_t i = 0; i < traffics.size(); ++i)
        if (names[i].view() == variant) return &traffics[i];
    return nullptr;
}

MadeContestant make_flow(const Traffic& traffic, std::string_view who, harness::Nanos run) {
    const Shape shape{.producers = traffic.group.count,
                      .consumers = traffic.group.count,
                      .message_size = traffic.size.bytes,
                      .capacity = traffic.size.capacity};
    if (who == "memcpy") return make_memcpy(shape, run);
    if (who == "python") return make_python(shape, run);
    if (traffic.passing == Passing::in_place) return make_placed_flow(who, shape, run);
    return make_copied_flow(who, shape, run);
}

}  // namespace

MadeContestant make_queue(const Variant& variant, std::string_view who, const Setting& setting) {
    if (const auto* traffic = find_traffic(variant.name))
        return make_flow(*traffic, who, setting.run);
    const Shape shape{.waiting = variant.name == hot_name ? Waiting::spinning : Waiting::sleeping};
    return make_ping_pong(who, shape, setting.run);
}

}  // namespace ccd::bench
