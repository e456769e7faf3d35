// queue.*: who may use which, and what it is like.
#include <algorithm>

#include "daemon/handlers/handlers.h"

namespace ccd::handlers {
namespace {

// Read once for a request, and only if they matter.
service::Queues::IsInGroup groups_of(const Context& context) {
    return [&context,
            groups = std::optional<std::vector<std::uint32_t>>{}](std::uint32_t gid) mutable {
        if (!groups) groups = context.host.groups_of(context.ticket.connection);
        return std::ranges::binary_search(*groups, gid);
    };
}

queue::View view_of(Context& context, const service::Queue& queue) {
    context.saw(queue.changed_in);
    const auto& row = queue.row;
    queue::View view{.name = row.name,
                     .uid = row.uid,
                     .user = context.host.user_name(row.uid),
                     .mode = service::mode_text(row.mode),
                     .capacity = row.capacity,
                     .message_size = row.message_size,
                     .when_full = row.when_full,
                     .on_consumer_death = row.on_consumer_death,
                     .memory = service::memory_of(row)};
    for (const auto& [client, user] : queue.users)
        view.attached.push_back({.pid = user.pid, .uid = user.uid});
    const auto figures = context.host.queue_figures(row.id);
    view.depth = figures.depth;
    view.put = figures.put;
    view.got = figures.got;
    view.dropped = figures.dropped;
    view.lost = figures.lost;
    view.redelivered = figures.redelivered;
    return view;
}

}  // namespace

Result<queue::CreateReply> handle(queue::Create, Context& context,
                                  const queue::CreateRequest& request) {
    auto* durable = CCD_TRY(context.durable());
    const bool created =
        CCD_TRY(durable->queues.create(request, context.caller, groups_of(context)));
    return queue::CreateReply{.name = request.name, .created = created};
}

Result<queue::ListReply> handle(queue::List, Context& context, const queue::ListRequest& request) {
    const auto limit = request.limit.value_or(queue::page_limit);
    if (limit == 0 || limit > queue::page_limit)
        return failure(Errc::bad_request,
                       "the limit must be from 1 to " + std::to_string(queue::page_limit));
    queue::ListReply reply;
    for (const auto* queue : context.service.queues.visible_to(context.caller, groups_of(context),
                                                               request.after, limit))
        reply.queues.push_back(view_of(context, *queue));
    return reply;
}

Result<queue::View> handle(queue::Stat, Context& context, const queue::NameRequest& request) {
    const auto* queue =
        CCD_TRY(context.service.queues.look(request.name, context.caller, groups_of(context)));
    return view_of(context, *queue);
}

Result<queue::DestroyReply> handle(queue::Destroy, Context& context,
                                   const queue::NameRequest& request) {
    auto* durable = CCD_TRY(context.durable());
    const auto users =
        CCD_TRY(durable->queues.destroy(request.name, context.caller, groups_of(context)));
    return queue::DestroyReply{.name = request.name, .attached = users};
}

Result<std::optional<queue::AttachReply>> handle(queue::Attach, Context& context,
                                                 const queue::AttachRequest& request) {
    CCD_TRY(context.service.queues.attach(request, context.caller, context.ticket,
                                          groups_of(context), context.take_passed()));
    return std::optional<queue::AttachReply>{};
}

Result<Nothing> handle(queue::Detach, Context& context, const queue::DetachRequest& request) {
    CCD_TRY(context.service.queues.detach(request, context.caller));
    return Nothing{};
}

}  // namespace ccd::handlers
