// All channels, by the names of contestants.
//
// Each maker refuses with `not_found`, and tells why, where this machine has no such channel.
#pragma once

#include <memory>
#include <string_view>

#include "ccd/result.h"
#include "tests/bench/queue/channel.h"

namespace ccd::bench::queue {

using MadeChannel = Result<std::unique_ptr<Channel>>;
using MadePlacedChannel = Result<std::unique_ptr<PlacedChannel>>;

// REQUIRES: `who` is `ourselves`, or a peer that is a channel.
MadeChannel make_channel(std::string_view who, const Shape& shape);
// REQUIRES: `who` is `ourselves` or vyukov.
MadePlacedChannel make_placed_channel(std::string_view who, const Shape& shape);

MadePlacedChannel make_ours(const Shape& shape);
MadePlacedChannel make_vyukov(const Shape& shape);
MadeChannel make_boost_queue(const Shape& shape);
// With several consumers, only of messages that are written at once. REQUIRES: then they are not
// longer than PIPE_BUF.
MadeChannel make_pipe(const Shape& shape);
MadeChannel make_seqpacket(const Shape& shape);
// With fewer messages in line than was asked for where the machine's limits want it.
MadeChannel make_posix_queue(const Shape& shape);
// Has room for one message. REQUIRES: one producer and one consumer.
MadeChannel make_futex(const Shape& shape);

}  // namespace ccd::bench::queue
