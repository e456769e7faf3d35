// What a handler is given: who asks, when, and the rules to ask.
//
// Owner: made for one request by the daemon. Loop thread only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ccd/host.h"
#include "ccd/result.h"
#include "daemon/service/service.h"
#include "lib/shm/memory.h"

namespace ccd::handlers {

// What only the daemon itself knows.
struct Host {
    std::function<host::HealthReply(Now)> health;
    std::function<host::StatsReply(Now)> stats;
    // Never blocks: a user whose name is not known yet goes by number.
    std::function<std::string(std::uint32_t uid)> user_name;
    std::function<std::optional<std::uint32_t>(std::string_view name)> find_user;
    // What a login sets for him, NAME=VALUE, as far as that is known. Never blocks: none, and he is
    // looked up.
    std::function<std::optional<std::vector<std::string>>(std::uint32_t uid)> environment_of;
    // Refuses users whose jobs cannot be run here.
    std::function<Result<void>(std::uint32_t uid)> may_run;
    // Refuses properties that jobs with so many cores cannot have here.
    std::function<Result<void>(std::string_view property, std::uint32_t cpus)> may_have;
    // Refuses pools that there are not.
    std::function<Result<void>(std::string_view pool)> may_join;
    std::function<std::int32_t(job::Class)> default_priority;
    // The further groups of who is on the other end of a connection, in order.
    std::function<std::vector<std::uint32_t>(std::uint64_t connection)> groups_of;
    std::function<shm::Figures(store::QueueId)> queue_figures;
};

struct Context {
    service::Service& service;
    const Host& host;
    service::Caller caller;
    service::Ticket ticket;
    Now now;
    Time asked_at;  // before `now` where the store was asked
    // The reply leaves when this batch is committed; 0: at once.
    store::BatchId depends_on = 0;
    // Descriptors that came with this request or shortly before it.
    std::vector<UniqueFd>* passed = nullptr;

    // The only way to change durable state: refuses while the store is down, and makes the reply
    // wait for the commit. Neither half can be forgotten.
    Result<service::Service*> durable() {
        CCD_TRY(service.check_store());
        depends_on = service.current_batch();
        return &service;
    }

    // The one that came last; null: none did.
    service::PassedProcess take_passed() {
        if (passed == nullptr || passed->empty()) return nullptr;
        auto last = std::make_shared<const UniqueFd>(std::move(passed->back()));
        passed->clear();
        return last;
    }

    // The reply tells what was changed in this batch, so it must not leave before its commit.
    void saw(store::BatchId changed_in) { depends_on = std::max(depends_on, changed_in); }
};

}  // namespace ccd::handlers
