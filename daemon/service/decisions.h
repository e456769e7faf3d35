// What the rules have decided in this turn: rows to write, and what to do once they are on disk.
//
// Rules act on nothing. They change memory, add to the Decisions, and return; the daemon hands the
// batch to the store and carries the effects out when it is committed. If it fails, what would
// have touched a process is dropped, and the rules are rebuilt from what is committed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ccd/commands.h"
#include "ccd/result.h"
#include "ccd/unique_fd.h"
#include "daemon/store/batch.h"
#include "lib/shm/words.h"

namespace ccd::service {

// Who waits for a late reply: a request of a connection. Both may be gone by then.
struct Ticket {
    std::uint64_t connection = 0;
    std::uint64_t msgid = 0;
    auto operator<=>(const Ticket&) const = default;
};

// Which user is on the other end of a connection, by the kernel's word.
struct Caller {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int32_t pid = 0;
    bool is_admin = false;
};

// Whether a caller may see all of a job, and change it. The one rule of ownership.
constexpr bool owns(const Caller& caller, std::uint32_t uid) {
    return caller.is_admin || caller.uid == uid;
}

// An attempt of a job.
struct Begun {
    job::Id job = 0;
    std::uint32_t attempt = 0;
    auto operator<=>(const Begun&) const = default;
};

// Start an attempt. What is not here is in the job.
struct StartAttempt {
    job::Id job = 0;
    std::uint32_t attempt = 0;
};
// End an attempt: SIGTERM, grace, SIGKILL.
struct StopAttempt {
    job::Id job = 0;
    std::uint32_t attempt = 0;
};
// Send a signal to an attempt.
struct SignalAttempt {
    job::Id job = 0;
    std::uint32_t attempt = 0;
    int signal = 0;
};
// The end of an attempt is on disk: its evidence may go.
struct ReleaseAttempt {
    job::Id job = 0;
    std::uint32_t attempt = 0;
};

// Have the cards looked at, soon and until all that was theirs is back: a job on them has ended.
struct LookAtCards {};

// Put into the machine's journal what has happened to a job.
struct Note {
    job::Event event;
    std::uint32_t uid = 0;
    std::optional<std::int32_t> exit_code;
    std::optional<std::int32_t> signal;
};

// A question to the store, and what its answer is for.
// Many jobs are asked for by parts.
struct AskStatus {
    job::IdsRequest request;
    std::vector<store::JobRow> found;  // the first of them
};
struct AskList {
    store::JobPage page;
    std::vector<store::JobRow> found;  // on the part that was looked through before
};
struct AskWait {};
struct AskWhy {
    job::WhyRequest request;
};
struct AskLogs {
    job::LogsRequest request;
};
struct AskSubmit {
    store::JobRow row;
    std::string environment;
    bool is_dry_run = false;       // only whether it would be taken
    std::vector<job::Id> asked{};  // for which the store was asked, by number
};
struct AskRetry {
    job::RetryRequest request;
};
struct AskEvents {
    std::uint64_t number = 0;  // of the subscriber's question
};
struct AskExpired {};  // for History: nobody waits for it
struct AskCheck {
    std::uint64_t number = 0;  // of the Check's question
};
using Purpose = std::variant<AskStatus, AskList, AskWait, AskWhy, AskLogs, AskSubmit, AskRetry,
                             AskEvents, AskExpired, AskCheck>;

// Whether somebody is to be told where it cannot be answered. Who follows the events reads on when
// the store is back, and so do the rules themselves; a Check tells of its end itself.
inline bool has_asker(const Purpose& purpose) {
    return !std::holds_alternative<AskEvents>(purpose) &&
           !std::holds_alternative<AskExpired>(purpose) &&
           !std::holds_alternative<AskCheck>(purpose);
}

struct Ask {
    Ticket ticket;
    Caller caller;
    store::Query query;
    Purpose purpose;
    Time asked_at{};
};

// Give an event to those who follow.
struct Publish {
    std::vector<Ticket> to;
    job::Event event;
};

// Open the output of an attempt and reply with its descriptor.
struct OpenLog {
    Ticket ticket;
    job::LogsReply reply;
};

// These attempts are off the record: what they have printed may go.
struct RemoveOutputs {
    std::vector<Begun> outputs;
};

// What a Check wants to know of the machine, by the number of its question: which attempts the
// executor has, what is wrong with the copy of the database, which outputs there are in the first
// folder behind `after`, which of these are still there.
struct InspectAttempts {
    std::uint64_t number = 0;
};
struct InspectCopy {
    std::uint64_t number = 0;
};
// Nobody wants to know what is wrong with the copy any more.
struct StopInspection {};
struct ListOutputs {
    std::uint64_t number = 0;
    std::optional<std::uint64_t> after;
};
struct LookForOutputs {
    std::uint64_t number = 0;
    std::vector<Begun> outputs;
};
// How far it has come, or what it has found.
struct TellCheck {
    Ticket ticket;
    admin::CheckReply reply;
};

// The descriptor of a process that came with its request, unexamined; null: none did.
using PassedProcess = std::shared_ptr<const UniqueFd>;

// Give somebody the memory of a queue, if `process` is he; watch whether he lives.
struct AttachQueue {
    Ticket ticket;
    std::int32_t pid = 0;
    std::uint32_t uid = 0;
    store::QueueId queue = 0;
    shm::ClientId client = 0;
    queue::Use use = queue::Use::both;
    PassedProcess process;
};
// Give back what somebody had in the memory of a queue: he has left, or is dead.
struct MendQueue {
    store::QueueId queue = 0;
    shm::ClientId client = 0;
};
// A queue is gone: tell all who use it, and let its memory go.
struct CloseQueue {
    store::QueueId queue = 0;
};

// Refuse what could not be answered after all.
struct Refuse {
    Ticket ticket;
    Error error;
};

using Effect = std::variant<StartAttempt, StopAttempt, SignalAttempt, ReleaseAttempt, LookAtCards,
                            Note, Ask, Publish, OpenLog, Refuse, RemoveOutputs, InspectAttempts,
                            InspectCopy, StopInspection, ListOutputs, LookForOutputs, TellCheck,
                            AttachQueue, MendQueue, CloseQueue>;

// Whether it is done to a process, or tells the world of what has happened. Such an effect follows
// from what the store knows, so it waits until that is on disk, and never happens if that fails.
// The others only answer somebody.
inline bool waits_for_commit(const Effect& effect) {
    return std::holds_alternative<StartAttempt>(effect) ||
           std::holds_alternative<StopAttempt>(effect) ||
           std::holds_alternative<SignalAttempt>(effect) ||
           std::holds_alternative<ReleaseAttempt>(effect) || std::holds_alternative<Note>(effect) ||
           std::holds_alternative<RemoveOutputs>(effect) ||
           std::holds_alternative<CloseQueue>(effect);
}

struct Decisions {
    store::BatchId batch_id = 1;  // that the batch will have
    store::Batch batch;
    std::vector<Effect> effects;
};

}  // namespace ccd::service
