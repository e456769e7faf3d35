#include "tests/stress/submits.h"

#include "tests/stress/check.h"
#include "tests/stress/crowd.h"

namespace ccd::stress {

Submitted submit_as_crowd(const Ground& ground, const std::vector<job::SubmitRequest>& requests) {
    Submitted submitted{.ids = std::vector<job::Id>(requests.size()), .tally = {}};
    submitted.tally = crowd(ground.socket, submitters, [&](std::size_t number, Visitor& visitor) {
        for (auto at = number; at < requests.size(); at += submitters)
            if (auto reply = visitor.ask<job::Submit>(requests[at])) submitted.ids[at] = reply->id;
    });
    return submitted;
}

Result<std::vector<job::Id>> submit_all(const Ground& ground, Report& report,
                                        const std::vector<job::SubmitRequest>& requests) {
    auto submitted = submit_as_crowd(ground, requests);
    end_answers(report, "submit", submitted.tally);
    if (submitted.tally.failed > 0)
        return failure(Errc::internal, "not all jobs could be submitted");
    return std::move(submitted.ids);
}

}  // namespace ccd::stress
