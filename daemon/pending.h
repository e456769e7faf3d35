// What waits for a commit: replies, and effects of turns whose batches are on their way.
//
// Owner: the Turn. Loop thread only.
#pragma once

#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/service/decisions.h"
#include "daemon/store/batch.h"

namespace ccd::daemon {

struct HeldReply {
    service::Ticket ticket;
    std::string frame;
    Time asked_at{};
};

class Pending {
public:
    struct Waiting {
        std::vector<HeldReply> replies;
        std::vector<service::Effect> effects;
    };

    Waiting& at(store::BatchId batch) { return waiting_[batch]; }

    // The batch was not sent after all: what waited for it waits for an earlier one.
    void move(store::BatchId from, store::BatchId to) {
        auto moved = waiting_.extract(from);
        if (moved.empty()) return;
        auto& replies = waiting_[to].replies;
        for (auto& reply : moved.mapped().replies) replies.push_back(std::move(reply));
    }

    // Everything that waited for this batch or an earlier one.
    std::vector<Waiting> take(store::BatchId batch) {
        std::vector<Waiting> taken;
        while (!waiting_.empty() && waiting_.begin()->first <= batch)
            taken.push_back(std::move(waiting_.extract(waiting_.begin()).mapped()));
        return taken;
    }

    std::vector<Waiting> take_all() { return take(std::numeric_limits<store::BatchId>::max()); }

    bool empty() const { return waiting_.empty(); }

private:
    std::map<store::BatchId, Waiting> waiting_;
};

}  // namespace ccd::daemon
