#include "ctl/queues.h"

#include <algorithm>
#include <iterator>

#include "ctl/print.h"
#include "ctl/table.h"

namespace ccd::ctl {
namespace {

// As many as are asked for, or all.
Result<queue::ListReply> list(const Session& session, queue::ListRequest request) {
    auto client = CCD_TRY(session.connect());
    queue::ListReply listed;
    const auto wanted = request.limit;
    std::uint32_t page = 0;
    do {
        const auto left = wanted ? *wanted - listed.queues.size() : queue::page_limit;
        page = static_cast<std::uint32_t>(std::min<std::size_t>(left, queue::page_limit));
        request.limit = page;
        auto reply = CCD_TRY(client.call<queue::List>(request));
        if (reply.queues.size() < page) page = 0;
        std::ranges::move(reply.queues, std::back_inserter(listed.queues));
        if (page > 0) request.after = listed.queues.back().name;
    } while (page > 0 && listed.queues.size() != wanted);
    return listed;
}

}  // namespace

int run(queue::List, const Session& session, const Parsed<queue::List>& parsed) {
    auto reply = list(session, parsed.request);
    return reply ? session.show(session.text_of<queue::List>(*reply)) : session.fail(reply.error());
}

std::string print(queue::List, const queue::ListReply& reply, const Look& look) {
    if (reply.queues.empty()) return "no queues\n";
    Table table{{{"NAME", Column::always, Align::left, 12},
                 {"USER", 5},
                 {"MODE", 2},
                 {"DEPTH", Column::always, Align::right},
                 {"CAPACITY", Column::always, Align::right},
                 {"MESSAGE", 8, Align::right},
                 {"PUT", 6, Align::right},
                 {"GOT", 6, Align::right},
                 {"DROPPED", 4, Align::right},
                 {"USERS", 7, Align::right},
                 {"MEMORY", 3, Align::right}}};
    for (const auto& queue : reply.queues)
        table.add({{queue.name},
                   {queue.user},
                   {queue.mode},
                   {text_of(queue.depth)},
                   {text_of(queue.capacity)},
                   {text_of(queue.message_size)},
                   {text_of(queue.put)},
                   {text_of(queue.got)},
                   {text_of(queue.dropped)},
                   {text_of(queue.attached.size())},
                   {text_of(queue.memory)}});
    return table.to_string(look);
}

}  // namespace ccd::ctl
