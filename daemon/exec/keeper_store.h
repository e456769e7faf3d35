// Descriptors kept by a process of ours, where there is no service manager: `ccd-shim --keep`.
//
// It is begun with the first descriptor. Each call is a packet and its answer, which the keeper
// gives at once. One that does not answer in time (keeping::patience) is given up, and nobody is
// waited for again before `pause` has passed: until then all is refused. So the loop is held up
// for a moment only, whatever becomes of the keeper.
//
// Nothing is remembered here. With a new connection nobody knows what the keeper has: it may have
// missed something, or be another. So `on_replaced` is called, and its owner gives all anew.
//
// Owner: the Daemon. Loop thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "daemon/loop/loop.h"
#include "daemon/sys/descriptor_store.h"

namespace ccd::exec {

class KeeperStore final : public sys::DescriptorStore {
public:
    using Clock = std::function<Time()>;

    // After a failure, and from one connection to the next.
    static constexpr std::chrono::seconds pause{5};

    // `socket` is where the keeper is found, or made by the program `shim`.
    KeeperStore(
        std::string socket, std::string shim,
        Clock clock = [] { return loop::Loop::read_clocks().time; })
        : socket_(std::move(socket)), shim_(std::move(shim)), clock_(std::move(clock)) {}

    // Called from within `keep`, `drop` and `leave`, and may call these; not from within `take`.
    void set_on_replaced(std::function<void()> on_replaced) {
        on_replaced_ = std::move(on_replaced);
    }

    // What the keeper of an earlier ccd has; nothing where there is none.
    sys::KeptDescriptors take();

    Result<void> keep(const std::string& name, int descriptor) override;
    void drop(const std::string& name) override;
    void leave() override;

private:
    enum class WhereNone : std::uint8_t { begin, give_up };

    bool is_connected();
    Result<void> connect(WhereNone where_none);
    Result<UniqueFd> find() const;
    Result<void> begin();
    Result<void> ask(WhereNone where_none, const std::string& packet, int descriptor = -1);
    Error given_up(const std::string& what);

    std::string socket_;
    std::string shim_;
    Clock clock_;
    std::function<void()> on_replaced_;
    UniqueFd connection_;
    Time next_try_{};
};

}  // namespace ccd::exec
