// What a ccd is as far as its queues go: their rules, their memories, a loop, and a keeper that is
// a process. One life may follow another over what the keeper has.
//
// Owner: the test. Nothing happens but in `turn`, and what leads to it.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/exec/keeper_store.h"
#include "daemon/queue_memories.h"
#include "lib/shm/queue.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::daemon {

inline constexpr service::Caller root{.uid = 0, .gid = 0, .pid = 0, .is_admin = true};

// A pidfd.
UniqueFd process_of(pid_t pid);

// What is logged meanwhile.
std::string told_by(const std::function<void()>& act);

// While it lives, so many descriptors can be opened at most.
class FewDescriptors {
public:
    explicit FewDescriptors(std::uint64_t count);
    ~FewDescriptors();
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

private:
    std::uint64_t before_ = 0;
};

// Where the keeper is found, and the clock by which it is asked.
struct QueueHome {
    QueueHome();

    exec::KeeperStore store();
    // What the next ccd is given. A life that is connected to the keeper is not any more.
    sys::KeptDescriptors take() { return store().take(); }
    std::string names_kept();
    void kill_keeper() const;
    // Until the keeper may be asked again.
    void pause() { now += exec::KeeperStore::pause; }

    harness::TemporaryDirectory directory;
    std::string socket;
    Time now{};
};

// One who uses a queue from here, by what he was given.
struct QueueEnd {
    QueueEnd(const store::QueueRow& row, shm::ClientId me, std::vector<UniqueFd> given);

    bool put(std::string_view text);
    // Takes a message and keeps it; empty: there is none.
    std::string take();
    bool is_closed() const;
    // Whoever polls either end is woken.
    bool is_woken() const;

    shm::Attachment attachment;
    UniqueFd message;
    UniqueFd room;
    shm::Queue<shm::Hardware> queue;
};

class QueueLife {
public:
    struct Reply {
        std::uint64_t msgid = 0;
        std::optional<Error> error;
        std::vector<UniqueFd> descriptors;
    };
    struct Mended {
        store::QueueId queue = 0;
        shm::ClientId client = 0;
        std::uint64_t turn = 0;
    };

    // These queues are on record.
    explicit QueueLife(QueueHome& home, std::vector<store::QueueRow> rows = {});

    // Committed.
    store::QueueId create(const queue::CreateRequest& request);
    void destroy(const std::string& name);
    store::QueueRow row(store::QueueId id) const { return rules.find(id)->row; }
    std::vector<store::QueueRow> rows() const;

    // Asks for a process, with this descriptor as its own: his number.
    shm::ClientId ask(store::QueueId id, pid_t pid, UniqueFd process);
    shm::ClientId ask(store::QueueId id, pid_t pid) { return ask(id, pid, process_of(pid)); }
    // Turns until the last who asked is answered.
    Reply& answer();
    // Asks for a process, and must be given it.
    QueueEnd attach(store::QueueId id, pid_t pid);
    bool uses(store::QueueId id, shm::ClientId client) const;
    bool is_mended(store::QueueId id, shm::ClientId client) const;

    // What was decided is done; in a turn, before and after it.
    void carry_out();
    void turn(uv_run_mode mode);
    template <class IsSo>
    void until(IsSo is_so) {
        loop.set_before_sleep([&] {
            carry_out();
            if (is_so()) uv_stop(loop.raw());  // there may be nothing more to wake it
        });
        for (carry_out(); !is_so();) turn(UV_RUN_ONCE);
        loop.set_before_sleep({});
    }

    service::Decisions decisions;
    service::Queues rules{{.max_memory = 1_GiB, .max_memory_per_user = 1_GiB}, decisions};
    std::vector<Reply> replies;
    std::vector<Mended> mended;
    std::uint64_t turns = 0;
    bool is_connected = true;  // whoever is to be told of his attachment
    loop::Loop loop;
    exec::KeeperStore store;
    QueueMemories memories;

private:
    QueueMemories::Actions actions();
    void commit();

    std::uint64_t last_msgid_ = 0;
};

}  // namespace ccd::daemon
