#include "tests/stress/visitor.h"

#include <thread>

namespace ccd::stress {

Millis pause_after(unsigned attempt, const Error& error) {
    return error.retry_after.value_or(Millis{50 << attempt});
}

Result<Visitor> Visitor::open(const std::string& socket) {
    return Visitor{socket, CCD_TRY(client::Client::open(socket, patience))};
}

bool Visitor::comes_again(unsigned attempt, const Error& error) {
    // An answer that has not come by now is a broken promise, not one to wait for again.
    bool may_retry = info_of(error.code).may_retry && error.code != Errc::timeout;
    if (!may_retry || attempt == attempts) {
        ++tally_.failed;
        if (tally_.first_error.empty()) tally_.first_error = error.message;
        return false;
    }
    ++tally_.retries;
    std::this_thread::sleep_for(pause_after(attempt, error));
    // Where nobody listens yet, the closed client says so at the next attempt.
    if (error.code == Errc::unreachable)
        if (auto again = client::Client::open(socket_, patience)) client_ = *std::move(again);
    return true;
}

}  // namespace ccd::stress
