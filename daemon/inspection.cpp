// What a check asks of the machine.
#include "daemon/store/inspection.h"

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
    loop_.work([path = database_path(config_)] { return store::inspect_copy(path); },
               [this, number = asked.number](const Result<store::Inspection>& found) {
                   service_.check.copy_is(number, found, loop_.now());
               });
}

void Daemon::list_outputs(const service::ListOutputs& asked) {
    loop_.work([logs = logs_path(config_),
                after = asked.after] { return daemon::list_outputs(logs, after); },
               [this, number = asked.number](OutputFolder found) {
                   service_.check.outputs_are(number, found.number, std::move(found.outputs),
                                              loop_.now());
               });
}

void Daemon::look_for_outputs(const service::LookForOutputs& asked) {
    std::vector<Outputs::Place> places;
    for (const auto& output : asked.outputs)
        places.push_back({output, log_path(config_, output.job, output.attempt)});
    outputs_.look_for(std::move(places),
                      [this, number = asked.number](const std::vector<service::Begun>& found) {
                          service_.check.outputs_are_still(number, found, loop_.now());
                      });
}

}  // namespace ccd::daemon
