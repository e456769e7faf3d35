// A VFS of SQLite over the real one, which fails, tears or holds up the n-th call that changes the
// disk. One that is held up goes on, as if nothing had been, when the disk is healed.
//
// Calls are counted over writes, syncs, truncations and openings together. A torn write leaves its
// first half; a torn call of another kind just fails. Syncs that do not fail are not carried out:
// no test here cuts the power, and the kernel keeps what was written.
//
// Owner: the test. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

struct sqlite3_vfs;

namespace ccd::store {

enum class Call : std::uint8_t { write = 1, sync = 2, truncate = 4, open = 8, any = 15 };
enum class Fault : std::uint8_t { fail, tear, full, hang };
enum class Lasts : std::uint8_t { once, for_good };

class FaultVfs {
public:
    FaultVfs();
    ~FaultVfs();
    FaultVfs(const FaultVfs&) = delete;
    FaultVfs& operator=(const FaultVfs&) = delete;

    const std::string& name() const { return name_; }

    // The n-th call of this kind from now on fails, counted from 1.
    void strike(std::uint64_t n, Fault fault, Lasts lasts, Call call = Call::any);
    void heal();
    bool has_struck() const { return has_struck_; }
    // Returns when a call has been struck.
    void wait_for_strike() const { has_struck_.wait(false); }

    // Of an armed or healed VFS: calls of the armed kind since.
    std::uint64_t calls() const { return calls_; }

    // Whether this call fails, and how; returns late where it hangs. For the methods of files.
    bool fails(Call call);
    Fault fault() const { return fault_; }

private:
    const std::string name_;
    sqlite3_vfs* vfs_;
    std::atomic<std::uint64_t> strike_at_{0};  // 0: never
    std::atomic<std::uint64_t> calls_{0};
    std::atomic<Fault> fault_{Fault::fail};
    std::atomic<Lasts> lasts_{Lasts::once};
    std::atomic<Call> call_{Call::any};
    std::atomic<bool> has_struck_{false};
};

}  // namespace ccd::store
