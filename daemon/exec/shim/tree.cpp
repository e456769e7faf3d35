#include "daemon/exec/shim/tree.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "ccd/unique_fd.h"
#include "daemon/exec/proc_stat.h"

namespace ccd::exec {
namespace {

struct Process {
    pid_t pid = 0;
    bool is_ours = false;
    ProcStat stat;
};

struct Free {
    void operator()(void* memory) const noexcept { std::free(memory); }
};

// All processes there are, by pid. Those for which there is no memory are left out.
class Table {
public:
    Table() {
        ProcessList list;
        while (std::optional<pid_t> pid = list.next())
            if (std::optional<ProcStat> stat = read_stat(*pid)) add({*pid, false, *stat});
        std::sort(begin(), end(), [](const Process& a, const Process& b) { return a.pid < b.pid; });
    }

    Process* begin() const { return rows_.get(); }
    Process* end() const { return rows_.get() + count_; }

    const Process* find(pid_t pid) const {
        const Process* row =
            std::lower_bound(begin(), end(), pid,
                             [](const Process& process, pid_t key) { return process.pid < key; });
        return row != end() && row->pid == pid ? row : nullptr;
    }

private:
    void add(const Process& process) {
        if (count_ == room_) {
            std::size_t room = room_ == 0 ? 256 : 2 * room_;
            void* grown = std::realloc(rows_.get(), room * sizeof(Process));
            if (grown == nullptr) return;
            (void)rows_.release();
            rows_.reset(static_cast<Process*>(grown));
            room_ = room;
        }
        rows_.get()[count_++] = process;
    }

    std::unique_ptr<Process[], Free> rows_;
    std::size_t count_ = 0;
    std::size_t room_ = 0;
};

// Marks what descends from `root`, a generation in each round.
void mark_descendants(const Table& table, pid_t root) {
    for (bool is_more = true; is_more;) {
        is_more = false;
        for (Process& process : table) {
            if (process.is_ours) continue;
            const Process* parent = table.find(process.stat.parent);
            process.is_ours = process.stat.parent == root || (parent && parent->is_ours);
            is_more = is_more || process.is_ours;
        }
    }
}

// A grandchild's number may be given to a stranger at any moment, so it is held before it is
// looked at again.
void signal_process(const Process& process, int signal) {
    UniqueFd held{static_cast<int>(syscall(SYS_pidfd_open, process.pid, 0))};
    std::optional<ProcStat> stat = read_stat(process.pid);
    if (!held || !stat || stat->start_ticks != process.stat.start_ticks) return;
    syscall(SYS_pidfd_send_signal, held.get(), signal, nullptr, 0);
}

}  // namespace

void signal_descendants(int signal) {
    Table table;
    mark_descendants(table, getpid());
    for (const Process& process : table)
        if (process.is_ours) signal_process(process, signal);
}

}  // namespace ccd::exec
