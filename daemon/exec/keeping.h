// How descriptors are given to a keeper and had back: packets of a Unix socket, one a message.
//
//   K name + a descriptor   keep it, in place of an older one of this name; answered by `done`, or
//                           by `refused` where there is no room, or no descriptor has come
//   D name                  let it go; answered by `done`
//   T                       all are given back: a packet K for each, then `done`
//   L seconds               nobody may come back: once this connection has ended, and none comes
//                           for so long, all may go; answered by `done`
//
// Both sides run as the same user, and refuse whoever does not. Neither waits for the other for
// longer than `patience`; then, and after all that is not as it is here, the connection is ended.
#pragma once

#include <chrono>
#include <cstddef>

namespace ccd::exec::keeping {

inline constexpr std::size_t name_limit = 24;     // bytes
inline constexpr std::size_t kept_limit = 4'112;  // four for each queue, and some
inline constexpr std::chrono::seconds linger{60};
inline constexpr std::chrono::seconds patience{1};

inline constexpr char keep = 'K';
inline constexpr char drop = 'D';
inline constexpr char take = 'T';
inline constexpr char leave = 'L';
inline constexpr char done = '1';
inline constexpr char refused = '0';

}  // namespace ccd::exec::keeping
