// A whole daemon inside the test, so that its disk can be made to fail.
//
// Owner: the test. The daemon runs on a thread of its own from `start` to `stop`.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "daemon/daemon.h"
#include "lib/client/client.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::daemon {

class RunningDaemon {
public:
    explicit RunningDaemon(std::string vfs);
    ~RunningDaemon();

    // How long the disk may say nothing; counts from the next start on.
    void set_hang_after(Millis hang_after) { hang_after_ = hang_after; }

    // What else is to be otherwise; counts from the next start on.
    void set_adjust(std::function<void(Config&)> adjust) { adjust_ = std::move(adjust); }

    // Starts it, and does not wait.
    void begin();
    bool is_ready() const { return is_ready_; }
    // Asks it to end, and does not wait.
    void begin_stop();

    // Starts it, again over the state that is there, and waits until it answers.
    void start();
    // Stops it as SIGTERM does. Its exit code.
    int stop();
    int await_end();

    client::Client connect() const;
    const std::string& directory() const { return directory_.path(); }

private:
    Config config() const;

    harness::TemporaryDirectory directory_;
    std::string vfs_;
    Millis hang_after_ = Config{}.hang_after;
    std::function<void(Config&)> adjust_;
    std::unique_ptr<Daemon> daemon_;
    std::thread thread_;
    std::atomic<bool> is_ready_{false};  // or has ended
    int exit_code_ = -1;
};

}  // namespace ccd::daemon
