// A packet of a Unix socket, with a descriptor or none: what a keeper and a ccd say to each other
// (see daemon/exec/keeping.h). It allocates nothing, for ccd-shim.
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

#include "ccd/unique_fd.h"

namespace ccd::exec {

struct DescriptorPacket {
    ssize_t size = -1;    // below 1: the connection is over, or useless (errno)
    UniqueFd descriptor;  // none also where it could not be taken, or several came
};

// Refuses (EMSGSIZE) a packet that is larger than `into`.
DescriptorPacket receive_packet(int connection, std::span<char> into);
// False: the connection is over, or useless (errno). A `descriptor` below 0 is none.
bool send_packet(int connection, std::string_view bytes, int descriptor = -1);

// From here on connect, receive_packet and send_packet give up after keeping::patience (EAGAIN).
void set_patience(int connection);

// Whoever is at the other end.
bool is_of_our_user(int connection);

}  // namespace ccd::exec
