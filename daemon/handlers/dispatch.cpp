#include "daemon/handlers/dispatch.h"

#include <algorithm>
#include <array>

#include "daemon/handlers/encode.h"
#include "daemon/handlers/handlers.h"

namespace ccd::handlers {
namespace {

struct Route {
    const CommandInfo* info;
    Outcome (*run)(Context&, const wire::RequestHead&, std::string& out);
};

Outcome refuse(std::string& out, std::uint64_t msgid, const Error& error) {
    put_error_frame(out, msgid, error);
    return {.is_error = true, .msgid = msgid};
}

template <class Reply>
const Reply* reply_of(const Reply& reply) {
    return &reply;
}
template <class Reply>
const Reply* reply_of(const std::optional<Reply>& reply) {
    return reply ? &*reply : nullptr;
}

template <class Command>
Outcome run(Context& context, const wire::RequestHead& head, std::string& out) {
    auto request = wire::decode<typename Command::Request, Command::request_fields>(
        head.params, wire::Unknown::refused);
    if (!request) return refuse(out, head.msgid, request.error());
    auto result = handle(Command{}, context, *request);
    if (!result) return refuse(out, head.msgid, result.error());
    const auto* reply = reply_of(*result);
    if (reply == nullptr) return {.what = Outcome::What::later, .msgid = head.msgid};
    auto is_whole = put_reply_frame<Command>(out, head.msgid, *reply);
    return {.is_error = !is_whole, .depends_on = context.depends_on, .msgid = head.msgid};
}

// By name, for a binary search.
constexpr auto routes = []<class... Command>(std::type_identity<std::tuple<Command...>>) {
    std::array table{Route{&Command::info, &run<Command>}...};
    std::ranges::sort(table, {}, [](const Route& route) { return route.info->name; });
    return table;
}(std::type_identity<WireCommands>{});

const Route* find_route(std::string_view name) {
    auto of = [](const Route& route) { return route.info->name; };
    const auto* route = std::ranges::lower_bound(routes, name, {}, of);
    return route != routes.end() && route->info->name == name ? route : nullptr;
}

}  // namespace

Outcome dispatch(Context& context, std::string_view body, std::string& out) {
    auto head = wire::parse_request(body);
    if (!head) {
        put_error_frame(out, 0, head.error());
        return {.what = Outcome::What::close, .is_error = true};
    }
    context.ticket.msgid = head->msgid;
    const auto* route = find_route(head->method);
    if (route == nullptr)
        return refuse(out, head->msgid,
                      Error{.code = Errc::bad_request,
                            .message = "there is no command '" +
                                       std::string{head->method.substr(0, 64)} + "'"});
    if (route->info->audience == Audience::admin && !context.caller.is_admin)
        return refuse(out, head->msgid,
                      Error{.code = Errc::denied,
                            .message = std::string{route->info->name} +
                                       " is for the administrator: root, or the user that runs "
                                       "the daemon"});
    return route->run(context, *head, out);
}

bool needs_no_record(std::string_view body) {
    constexpr std::array names{host::Ping::info.name, host::Version::info.name,
                               host::Health::info.name};
    auto head = wire::parse_request(body);
    return !head || std::ranges::find(names, head->method) != names.end();
}

Outcome refuse_request(std::string_view body, const Error& error, std::string& out) {
    auto head = wire::parse_request(body);
    return refuse(out, head ? head->msgid : 0, error);
}

void put_error_frame(std::string& out, std::uint64_t msgid, const Error& error) {
    auto begun = wire::begin_frame(out);
    wire::Packer packer{out};
    wire::put_error(packer, msgid, error);
    wire::end_frame(out, begun);
}

std::string encoded(const job::Event& event) {
    std::string bytes;
    wire::Packer packer{bytes};
    wire::encode<job::Events::reply_fields, wire::Absent::written>(packer, event);
    return bytes;
}

void put_event_frame(std::string& out, std::uint64_t msgid, std::string_view event) {
    auto begun = wire::begin_frame(out);
    wire::Packer packer{out};
    wire::begin_item(packer, msgid);
    packer.packed(event);
    wire::end_frame(out, begun);
}

void put_check_frame(std::string& out, std::uint64_t msgid, const admin::CheckReply& reply) {
    auto begun = wire::begin_frame(out);
    wire::Packer packer{out};
    wire::begin_item(packer, msgid);
    wire::encode<admin::Check::reply_fields, wire::Absent::written>(packer, reply);
    wire::end_frame(out, begun);
}

void put_end_frame(std::string& out, std::uint64_t msgid) {
    auto begun = wire::begin_frame(out);
    wire::Packer packer{out};
    wire::begin_result(packer, msgid);
    packer.nil();
    wire::end_frame(out, begun);
}

void put_attach_frame(std::string& out, std::uint64_t msgid, const queue::AttachReply& reply) {
    put_reply_frame<queue::Attach>(out, msgid, reply);
}

void put_logs_frame(std::string& out, std::uint64_t msgid, const job::LogsReply& reply) {
    put_reply_frame<job::Logs>(out, msgid, reply);
}

}  // namespace ccd::handlers
