// What a C program may do to a thread of its own: pthread_cancel.
//
// That unwinds the thread's stack from within poll, send or close, and what it meets on its way is
// half done and `noexcept`: the process would end. So while one of these lives the thread is not
// cancelled; it is at the next cancellation point after that.
//
// Putting and getting have none: what they call, futex(2) by syscall() above all, is no such point.
// Of asynchronous cancellation nothing here knows.
//
// Owner: the function that it stands in. Thread: the one that made it.
#pragma once

#include <pthread.h>

namespace ccd::client {

class NoCancellation {
public:
    NoCancellation() { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
    NoCancellation(const NoCancellation&) = delete;
    NoCancellation& operator=(const NoCancellation&) = delete;
    ~NoCancellation() { ::pthread_setcancelstate(before_, nullptr); }

private:
    int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace ccd::client
