// What the daemon does because the rules have decided so, and what it tells them.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "daemon/daemon.h"
#include "daemon/entry.h"
#include "daemon/handlers/view.h"
#include "daemon/overloaded.h"
#include "daemon/places.h"
#include "daemon/sys/log.h"

namespace ccd::daemon {
namespace {

// Between two tries to start jobs while the executor can start none.
constexpr Millis first_start_pause{1'000};
constexpr Millis longest_start_pause{30'000};

// What fills a log_limit takes longer.
constexpr Millis shortest_output{500};

// The daemon's own words in a job's environment; what the submitter said under these names goes.
constexpr std::array own_names{
    "CCD_JOB_ID=",      "CCD_ATTEMPT=",   "CCD_SOCKET=",           "CCD_CLASS=",
    "CCD_GPUS=",        "CCD_JOB_NONCE=", "CUDA_VISIBLE_DEVICES=", "CUDA_DEVICE_ORDER=",
    "CCD_ARRAY_INDEX=",
};

service::Outcome::Cause cause_of(exec::Cause cause) {
    switch (cause) {
        case exec::Cause::program:
            return service::Outcome::Cause::program;
        case exec::Cause::stop:
            return service::Outcome::Cause::stop;
        case exec::Cause::time_limit:
            return service::Outcome::Cause::time_limit;
        case exec::Cause::memory:
            return service::Outcome::Cause::memory;
        case exec::Cause::manager:
            return service::Outcome::Cause::manager;
    }
    return service::Outcome::Cause::program;
}

// Nothing if it has not come to its end.
std::optional<service::Outcome> outcome_of(const exec::Report& report, WallTime now) {
    using Kind = service::Outcome::Kind;
    using Outcome = std::optional<service::Outcome>;
    return std::visit(
        Overloaded{
            [](const exec::Beginning&) { return Outcome{}; },
            [](const exec::Started&) { return Outcome{}; },
            [](const exec::Sweeping&) { return Outcome{}; },  // it is as it was, until it is lost
            [](const exec::NotStarted& failed) {
                return Outcome{{.kind = Kind::not_started,
                                .exit_code = failed.exit_code,
                                .reason = failed.reason,
                                .at = failed.at}};
            },
            [](const exec::Ended& end) {
                return Outcome{{.exit_code = end.exit_code,
                                .signal = end.signal,
                                .cause = cause_of(end.cause),
                                .at = end.at,
                                .began = end.began}};
            },
            [&](const exec::NeverBegan& none) {
                return Outcome{{.kind = Kind::never_began, .reason = none.reason, .at = now}};
            },
            [&](const exec::Lost& lost) {
                return Outcome{{.kind = Kind::lost, .reason = lost.reason, .at = now}};
            },
        },
        report.what);
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text.append(text.empty() ? "" : ",").append(word);
    return text;
}

}  // namespace

exec::Attempt Daemon::attempt_of(job::Id job, std::uint32_t number) const {
    return {.job = job,
            .number = number,
            .nonce = facts_.instance + "-" + std::to_string(job) + "-" + std::to_string(number)};
}

void Daemon::carry_out(service::Effect effect) {
    std::visit(
        Overloaded{
            [&](const service::StartAttempt& start) { start_attempt(start); },
            [&](const service::StopAttempt& stopped) {
                executor_->stop(attempt_of(stopped.job, stopped.attempt));
            },
            [&](const service::SignalAttempt& sent) {
                executor_->signal(attempt_of(sent.job, sent.attempt), sent.signal);
            },
            [&](const service::ReleaseAttempt& released) {
                executor_->release(attempt_of(released.job, released.attempt));
            },
            [&](const service::LookAtCards&) { hurry_cards(); },
            [&](const service::Note& note) {
                auto entry = entry_of(note, users_.name_of(note.uid));
                sys::log(entry.priority, entry.text, std::move(entry.fields));
            },
            [&](const service::OpenLog& opened) { open_log(opened); },
            [&](const service::RemoveOutputs& removed) { remove_outputs(removed); },
            [&](const service::InspectAttempts& asked) { inspect_attempts(asked); },
            [&](const service::InspectCopy& asked) { inspect_copy(asked); },
            [&](const service::StopInspection&) { inspection_stop_->request(); },
            [&](const service::ListOutputs& asked) { list_outputs(asked); },
            [&](const service::LookForOutputs& asked) { look_for_outputs(asked); },
            [&](const service::AttachQueue& asked) { queues_.attach(asked); },
            [&](const service::MendQueue& asked) { queues_.mend(asked.queue, asked.client); },
            [&](const service::CloseQueue& closed) { queues_.close(closed.queue); },
            [](const auto&) {},  // the Turn's own
        },
        effect);
}

void Daemon::start_attempt(const service::StartAttempt& start) {
    const auto* job = service_.jobs.find(start.job);
    if (job == nullptr || job->row.progress.attempt != start.attempt) return;
    const auto& row = job->row;
    executor_->start({.attempt = attempt_of(start.job, start.attempt),
                      .uid = row.uid,
                      .argv = handlers::split_strings(row.argv),
                      .environment = environment_of(*job),
                      .cwd = row.cwd.string(),
                      .stdin_file = row.options->stdin_file.string(),
                      .log_file = log_path(config_, start.job, start.attempt),
                      .umask = row.umask,
                      .stop_grace = config_.stop_grace,
                      .limits = limits_of(row)});
}

exec::Limits Daemon::limits_of(const store::JobRow& row) const {
    exec::Limits limits{.memory = row.memory,
                        .cpus = row.cpus,
                        .time = row.time_limit,
                        .properties = row.options->properties};
    limits.has_nodeless_card = std::ranges::any_of(
        row.progress.run->gpus, [this](const auto& uuid) { return !card_nodes_.contains(uuid); });
    for (const auto& [uuid, node] : card_nodes_) {
        limits.all_card_nodes.push_back(node);
        if (std::ranges::find(row.progress.run->gpus, uuid) != row.progress.run->gpus.end())
            limits.card_nodes.push_back(node);
    }
    return limits;
}

std::vector<std::string> Daemon::environment_of(const service::Job& job) const {
    std::vector<std::string> environment;
    if (const auto* body = service_.jobs.environment(job.row.environment))
        environment = handlers::split_strings(*body);
    std::erase_if(environment, [](const std::string& entry) {
        return std::ranges::any_of(own_names,
                                   [&](const char* name) { return entry.starts_with(name); });
    });
    const auto& progress = job.row.progress;
    std::vector<std::string> indices;
    for (const auto& gpu : service_.ledger.view())
        if (std::ranges::find(progress.run->gpus, gpu.uuid) != progress.run->gpus.end())
            indices.push_back(std::to_string(gpu.index));
    environment.push_back("CCD_JOB_ID=" + std::to_string(job.row.id));
    environment.push_back("CCD_ATTEMPT=" + std::to_string(progress.attempt));
    if (job.row.array != 0)
        environment.push_back("CCD_ARRAY_INDEX=" + std::to_string(job.row.array_index));
    environment.push_back("CCD_SOCKET=" + config_.socket.string());
    environment.push_back("CCD_CLASS=" + std::string{to_string(job.row.job_class)});
    environment.push_back("CCD_GPUS=" + joined(indices));
    environment.push_back("CUDA_VISIBLE_DEVICES=" + joined(progress.run->gpus));
    environment.push_back("CUDA_DEVICE_ORDER=PCI_BUS_ID");
    return environment;
}

void Daemon::open_log(const service::OpenLog& asked) {
    struct Opened {
        UniqueFd file;
        Bytes size;
        int error = 0;
    };
    loop_.work(
        [path = log_path(config_, asked.reply.id, asked.reply.attempt)] {
            Opened opened{.file = UniqueFd{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)}};
            if (!opened.file) opened.error = errno;
            struct stat found {};
            if (opened.file && fstat(opened.file.get(), &found) == 0)
                opened.size.count = static_cast<std::uint64_t>(found.st_size);
            return opened;
        },
        [this, ticket = asked.ticket, reply = asked.reply](Opened opened) mutable {
            std::string frame;
            if (!opened.file) {
                auto output = "the output of job " + std::to_string(reply.id);
                handlers::put_error_frame(
                    frame, ticket.msgid,
                    opened.error == ENOENT
                        ? Error{.code = Errc::not_found, .message = output + " is gone"}
                        : loop::error_from(-opened.error, "cannot open " + output));
                return turn_->send(ticket, frame);
            }
            reply.size = opened.size;
            handlers::put_logs_frame(frame, ticket.msgid, reply);
            std::vector<UniqueFd> descriptors;
            descriptors.push_back(std::move(opened.file));
            turn_->send(ticket, frame, std::move(descriptors));
        });
}

// As long as a job is alive, and not before: nothing else wakes a machine at rest.
void Daemon::watch_outputs() {
    if (config_.log_limit.count == 0 || output_timer_.is_set() || is_stopping_) return;
    if (!service_.jobs.alive().empty()) output_timer_.set(Outputs::interval);
}

// Some of those that are alive, and at the next look the next ones.
void Daemon::look_at_outputs() {
    if (outputs_.is_cutting()) return;
    const auto& alive = service_.jobs.alive();
    std::vector<std::string> paths;
    auto at = alive.upper_bound(last_output_);
    for (auto left = std::min(alive.size(), Outputs::look_limit); left > 0; --left) {
        if (at == alive.end()) at = alive.begin();
        last_output_ = at++->first;
        if (const auto* job = service_.jobs.find(last_output_))
            paths.push_back(log_path(config_, last_output_, job->row.progress.attempt));
    }
    if (!paths.empty()) outputs_.cut(std::move(paths), config_.log_limit);
}

// One that was alive between two looks only may have got far beyond the limit. One that has just
// begun has not had the time to.
void Daemon::look_at_output_of_ended(job::Id job, std::uint32_t attempt, WallTime at) {
    const auto* found = service_.jobs.find(job);
    auto began = found != nullptr ? found->row.progress.run->started_at : std::nullopt;
    if (config_.log_limit.count == 0 || !began || at - *began < shortest_output) return;
    outputs_.cut({log_path(config_, job, attempt)}, config_.log_limit);
}

void Daemon::remove_outputs(const service::RemoveOutputs& removed) {
    std::vector<std::string> paths;
    for (const auto& [job, attempt] : removed.outputs)
        paths.push_back(log_path(config_, job, attempt));
    outputs_.remove(std::move(paths));
}

void Daemon::on_report(exec::Report report) {
    const auto* started = std::get_if<exec::Started>(&report.what);
    // What is reported while the rules cannot take it down is found again once they can: an
    // executor keeps its evidence until it is released. So are ends that come while we are about to
    // end ourselves; but what has begun is to be on record as such.
    auto is_on_its_way = std::holds_alternative<exec::Beginning>(report.what);
    if (is_stopping_ && started == nullptr && !is_on_its_way)
        over_while_stopping_.insert(report.attempt.job);
    if (!service_.is_store_up() || (is_stopping_ && started == nullptr)) return;
    auto job = report.attempt.job;
    auto now = loop_.now();
    if (started != nullptr) {
        start_pause_ = first_start_pause;
        service_.jobs.started(job, report.attempt.number, started->at, now);
        watch_settling();
    }
    if (std::holds_alternative<exec::Beginning>(report.what))
        service_.jobs.beginning(job, report.attempt.number);
    using Blame = exec::NeverBegan::Blame;
    const auto* none = std::get_if<exec::NeverBegan>(&report.what);
    auto is_executors = none != nullptr && none->blame == Blame::executor;
    if (is_executors && !none->reason.empty()) pause_starts(none->reason);
    // Else it is told by a Note.
    if (const auto* lost = std::get_if<exec::Lost>(&report.what); lost && !sys::has_journal())
        sys::log(sys::Priority::warning,
                 "job " + std::to_string(job) + " is lost: " + lost->reason);
    if (const auto* end = std::get_if<exec::Ended>(&report.what))
        look_at_output_of_ended(job, report.attempt.number, end->at);
    if (auto outcome = outcome_of(report, now.wall))
        service_.jobs.ended(job, report.attempt.number, *outcome, now);
    using PutOff = service::Jobs::PutOff;
    if (none != nullptr && !is_executors)
        service_.jobs.put_off(job, report.attempt.number,
                              none->blame == Blame::user ? PutOff::user : PutOff::job, none->pause,
                              now);
    accounted_for(report.attempt);
}

// All that are started at once fail at once; the first of them says why.
void Daemon::pause_starts(const std::string& why) {
    if (start_timer_.is_set()) return;
    sys::log(sys::Priority::warning, "no job can be started: " + why + "; retrying");
    start_trouble_ = why;
    show_pause();
    start_pause_ = std::clamp(start_pause_, first_start_pause, longest_start_pause);
    start_timer_.set(start_pause_);
    start_pause_ *= 2;
}

void Daemon::on_executor_away(const std::string& why) {
    executor_away_ = why;
    show_pause();
    // At its start the daemon waits for it, and that is nothing to tell.
    if (!why.empty() && is_ready_) log_away();
    if (!why.empty()) return;
    if (std::exchange(is_away_logged_, false))
        sys::log(sys::Priority::notice, "jobs can be started again",
                 {{"MESSAGE_ID", message::executor_back}});
    become_ready();
}

void Daemon::log_away() {
    is_away_logged_ = true;
    sys::log(sys::Priority::warning, "no job can be started: " + executor_away_ + "; retrying",
             {{"MESSAGE_ID", message::executor_away}});
}

// Where it is not known yet which cards there are, it is not known what to close to a job.
void Daemon::show_pause() {
    auto why = executor_away_.empty() ? start_trouble_ : executor_away_;
    if (why.empty() && !has_looked_at_cards_) why = "the cards have not been looked at yet";
    if (is_stopping_) why = "this ccd is about to end";
    service_.jobs.set_paused(std::move(why));
}

}  // namespace ccd::daemon
