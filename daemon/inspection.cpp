// What a check asks of the machine.
#include "daemon/store/inspection.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/daemon.h"
#include "daemon/places.h"
#include "daemon/store/copy.h"

namespace ccd::daemon {

void Daemon::inspect_attempts(const service::InspectAttempts& asked) {
    std::vector<service::Begun> begun;
    for (const auto& attempt : executor_->attempts())
        begun.push_back({attempt.job, attempt.number});
    service_.check.attempts_are(asked.number, begun, loop_.now());
}

// The environments of jobs are in it: it goes, whoever waits for the answer.
void Daemon::inspect_copy(const service::InspectCopy& asked) {
    inspection_stop_ = std::make_shared<store::InspectionStop>();
    loop_.work([path = database_path(config_),
                stop = inspection_stop_] { return store::inspect_copy(path, *stop); },
               [this, number = asked.number](const Result<store::Inspection>& found) {
                   service_.check.copy_is(number, found);
               });
}

void Daemon::list_outputs(const service::ListOutputs& asked) {
    auto list = [logs = logs_path(config_), after = asked.after,
                 folders = std::move(output_folders_)]() mutable {
        if (!after) folders = list_output_folders(logs);
        auto next = after ? std::ranges::upper_bound(folders, *after) : folders.begin();
        std::optional<OutputFolder> found;
        if (next != folders.end()) found = daemon::list_outputs(logs, *next);
        return std::pair{std::move(found), std::move(folders)};
    };
    loop_.work(std::move(list), [this, number = asked.number](auto listed) {
        auto& [found, folders] = listed;
        output_folders_ = std::move(folders);
        if (!found) return service_.check.outputs_are(number, {}, {}, loop_.now());
        service_.check.outputs_are(number, found->number, std::move(found->outputs), loop_.now());
    });
}

void Daemon::look_for_outputs(const service::LookForOutputs& asked) {
    std::vector<Outputs::Place> places;
    for (const auto& output : asked.outputs)
        places.push_back({output, log_path(config_, output.job, output.attempt)});
    outputs_.look_for(std::move(places),
                      [this, number = asked.number](const std::vector<service::Begun>& found) {
                          service_.check.outputs_are_still(number, found);
                      });
}

}  // namespace ccd::daemon
