// Queues as tables.
#include "ctl/print.h"
#include "ctl/table.h"

namespace ccd::ctl {

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
