// A card: what it was found to be, who of ours has room on it, and how much of it is taken.
//
//     taken = foreign + sum over our jobs of max(declared, measured)
//
// `measured` is what the processes of a job use by the driver's word, `foreign` all else that is
// used. Where the driver does not tell what ours use, the larger of what all have declared and
// what is used counts; where it tells nothing at all, what is declared.
//
//   take --> settling --> settled --> release --> leaving --> gone
//                '-----------------------^            '--> quarantined --'
//
// A job that declares nothing is settling until its use has not grown for a while: what is free
// beside it is not known. A job that ends leaves behind what it had until a look that was asked for
// after its end finds no process of it and its memory free again. Where that takes too long the
// card is quarantined. On a card that nothing measures both are skipped.
//
// A process that was known to be a job's stays its own as long as each look finds it, for what
// told whose it was, a cgroup or an ancestor, may be gone before it is.
//
// Owner: the Ledger. Loop thread only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ccd/host.h"
#include "ccd/job.h"
#include "ccd/time.h"

namespace ccd::service {

// A card as it was found.
struct CardFound {
    std::uint32_t index = 0;
    std::string uuid;
    std::string name;
    Bytes memory;
    std::optional<Bytes> used;  // by anybody
    std::optional<std::uint32_t> utilization_percent;
    std::vector<host::GpuProcess> processes;  // with the jobs that they are known to belong to
    bool has_process_list = false;            // else it is not known who uses it
};

// What a job has of each of its cards.
struct Share {
    job::Class job_class = job::Class::training;
    bool is_exclusive = false;
    Bytes declared;
};

class Card {
public:
    static constexpr std::size_t classes = job::class_table.size();
    using PerClass = std::array<std::uint32_t, classes>;

    // Use that grows by less has not grown. As much, for each process, may be missing when the
    // memory of the processes is added up.
    static constexpr Bytes noise = 64_MiB;
    // What is not back this long after the end of its job puts the card in quarantine.
    static constexpr Millis return_patience{5'000};

    // What a job has, or has left behind.
    struct Hold {
        job::Id job = 0;
        Share share;
        std::optional<Time> ended_at;  // it leaves
        Bytes measured;
        std::set<std::int64_t> pids;  // at the last look
        bool is_settled = false;
        Bytes grown_to;
        Time grown_at{};
        std::optional<Bytes> used_before;  // by all, at the last look after its end
        bool is_back = false;              // and so is to be forgotten
    };

    // What a look has found. `asked`: when it was asked for.
    void see(CardFound found, Time asked, Millis settle);
    // A look has not found it.
    void lose();
    // Known by name only, because a job has it.
    void set_uuid(std::string uuid) { found_.uuid = std::move(uuid); }
    void set_slots(const PerClass& max) { max_ = max; }

    void take(job::Id job, const Share& share, Time now);
    // At once, with all that was left behind.
    void give_back(job::Id job);
    // As far as it is known to be free again. Whether looks must tell when the rest is.
    bool release(job::Id job, Time now);

    // For forecasts, on a copy: what leaves is gone but for a quarantine, and what settles has
    // settled; a job has ended with all its processes; so much more is used.
    void assume_later();
    void assume_ended(job::Id job);
    void assume_used(Bytes more);

    // As it was found, with the jobs of its processes.
    const CardFound& found() const { return found_; }
    bool is_present() const { return is_present_; }
    const PerClass& max() const { return max_; }
    // The card as it would be if nobody used it.
    Card vacant() const;

    const std::vector<Hold>& holds() const { return holds_; }
    // Those that have not ended, and those that leave.
    std::set<job::Id> jobs() const;
    std::set<job::Id> leaving() const;
    const PerClass& used() const { return sums_.used; }
    bool is_exclusive() const { return sums_.exclusive > 0; }
    bool is_settling() const { return sums_.is_settling; }
    bool is_leaving() const { return sums_.is_leaving; }
    bool is_quarantined() const { return is_quarantined_; }

    Bytes declared() const { return sums_.declared; }
    // By ours and by others; nothing where nobody measures.
    std::optional<Bytes> measured() const { return sums_.measured; }
    std::optional<Bytes> foreign() const { return sums_.foreign; }
    Bytes taken() const { return sums_.taken; }
    // What is used by no process that is known, since somebody has ended.
    Bytes left_behind() const { return sums_.left_behind; }
    // Whether it is known what of it is ours.
    bool is_attributed() const;
    // Whether a process is of a job that has the card, or has left something behind.
    bool is_ours(const host::GpuProcess& process) const;

private:
    struct Sums {
        PerClass used{};
        std::uint32_t exclusive = 0;
        bool is_settling = false;
        bool is_leaving = false;
        Bytes declared;
        std::optional<Bytes> measured;
        std::optional<Bytes> foreign;
        Bytes taken;
        Bytes left_behind;
    };

    Hold* find(job::Id job);
    Hold* owner_of(const host::GpuProcess& process);
    void attribute();
    void settle(Hold& hold, Time asked, Millis settle) const;
    bool is_back(Hold& hold) const;
    bool tells_memory_of_all() const;
    Bytes unexplained() const;
    void add_up();
    void add_up_memory();

    CardFound found_;
    bool is_present_ = false;
    PerClass max_{};
    std::vector<Hold> holds_;
    Bytes usually_unexplained_;  // as it was while nobody left
    bool is_quarantined_ = false;
    Sums sums_;
};

// The difference, or nothing where there is none.
constexpr Bytes minus(Bytes from, Bytes what) {
    return Bytes{from.count > what.count ? from.count - what.count : 0};
}

}  // namespace ccd::service
