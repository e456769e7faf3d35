// `ccctl queue put` and `queue get`: messages between a queue and the words or streams of a shell.
//
// Owner: run(). Thread: the only one.
#pragma once

#include "ctl/arguments.h"
#include "ctl/session.h"

namespace ccd::ctl {

int run(queue::Put, const Session& session, const Parsed<queue::Put>& parsed);
// What could not be written out is put in line again. What was got before a failure is shown.
int run(queue::Get, const Session& session, const Parsed<queue::Get>& parsed);

}  // namespace ccd::ctl
