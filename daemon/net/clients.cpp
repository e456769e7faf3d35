#include "daemon/net/clients.h"

#include <algorithm>

namespace ccd::net {
namespace {

// Unsent to all connections: above it each may have only a little.
constexpr std::size_t unsent_total = 256 << 20;
constexpr std::size_t unsent_little = 64 << 10;

}  // namespace

Clients::Clients(loop::Loop& loop, ClientLimits limits, OnRequest on_request, OnGone on_gone,
                 OnDrained on_drained)
    : loop_(loop),
      limits_(limits),
      on_request_(std::move(on_request)),
      on_gone_(std::move(on_gone)),
      on_drained_(std::move(on_drained)) {}

Clients::~Clients() = default;

void Clients::add(UniqueFd socket) {
    auto peer = peer_of(socket.get());
    if (!peer) {
        ++refused_;
        return;
    }
    auto& of_user = connections_of_[peer->uid];
    std::string over;
    if (of_user >= limits_.per_user)
        over = "uid " + std::to_string(peer->uid) + " has " + std::to_string(of_user) +
               " connections, as many as it may (daemon.max_connections_per_user)";
    else if (sessions_.size() >= limits_.connections)
        over = "there are " + std::to_string(sessions_.size()) +
               " connections, as many as there may be (daemon.max_connections)";
    if (!over.empty()) {
        ++refused_;
        std::string frame;
        handlers::put_error_frame(frame, 0, {.code = Errc::over_limit, .message = over});
        // An empty socket's buffer has room for it; if not, the close says enough.
        net::send(socket.get(), frame, {});
        return;
    }
    ++of_user;
    auto id = ++last_id_;
    sessions_[id].session = std::make_unique<Session>(*this, loop_, id, std::move(socket), *peer);
}

void Clients::handle(Session& session, std::string_view body) {
    auto outcome = on_request_(session, body, session.out());
    if (outcome.what == handlers::Outcome::What::not_yet) session.put_off(body);
    if (outcome.what == handlers::Outcome::What::close) {
        ++dropped_;
        session.close_when_sent();
    }
}

void Clients::refuse(Session& session, const Error& error) {
    handlers::put_error_frame(session.out(), 0, error);
    ++dropped_;
    session.close_when_sent();
}

void Clients::touch(Session& session) {
    auto& client = sessions_.at(session.id());
    if (std::exchange(client.is_touched, true)) return;
    touched_.push_back(session.id());
}

bool Clients::send(std::uint64_t id, std::string_view frame) {
    auto found = sessions_.find(id);
    if (found == sessions_.end()) return true;
    auto& client = found->second;
    client.session->out().append(frame);
    touch(*client.session);
    if (client.session->unsent() > Session::unsent_limit / 4) client.is_congested = true;
    return !client.is_congested;
}

bool Clients::send(std::uint64_t id, std::string_view frame, std::vector<UniqueFd> descriptors) {
    auto found = sessions_.find(id);
    if (found == sessions_.end() || found->second.session->is_over()) return false;
    found->second.session->attach(std::move(descriptors));
    send(id, frame);
    return true;
}

std::vector<std::uint32_t> Clients::groups_of(std::uint64_t id) const {
    auto found = sessions_.find(id);
    if (found == sessions_.end()) return {};
    return groups_of_peer(found->second.session->fd());
}

bool Clients::has_room(std::uint64_t id) const {
    auto found = sessions_.find(id);
    return found == sessions_.end() || !found->second.session->is_full();
}

std::size_t Clients::unsent_limit() const {
    return unsent_ > unsent_total ? unsent_little : Session::unsent_limit;
}

std::optional<Time> Clients::flush(Now now) {
    // A flush may take more frames and so touch again; those are flushed in this round too.
    for (std::size_t i = 0; i < touched_.size(); ++i) {
        auto id = touched_[i];
        auto found = sessions_.find(id);
        if (found == sessions_.end()) continue;
        auto& client = found->second;
        client.is_touched = false;
        client.session->flush(now);
        unsent_ -= std::exchange(client.unsent, client.session->unsent());
        unsent_ += client.unsent;
        if (client.is_congested && client.session->unsent() == 0) {
            client.is_congested = false;
            on_drained_(id);
        }
        if (client.session->is_over()) {
            bury(id);
            continue;
        }
        set_deadline(id, client, client.session->deadline());
    }
    touched_.clear();

    while (!deadlines_.empty() && deadlines_.begin()->first <= now.time) {
        ++dropped_;
        bury(deadlines_.begin()->second);
    }
    if (deadlines_.empty()) return std::nullopt;
    return deadlines_.begin()->first;
}

void Clients::set_deadline(std::uint64_t id, Client& client, std::optional<Time> deadline) {
    if (client.deadline == deadline) return;
    if (client.deadline) deadlines_.erase({*client.deadline, id});
    if (deadline) deadlines_.emplace(*deadline, id);
    client.deadline = deadline;
}

void Clients::bury(std::uint64_t id) {
    auto found = sessions_.find(id);
    auto uid = found->second.session->peer().uid;
    if (--connections_of_[uid] == 0) connections_of_.erase(uid);
    set_deadline(id, found->second, std::nullopt);
    unsent_ -= found->second.unsent;
    sessions_.erase(found);
    on_gone_(id);
}

void Clients::go_on() {
    for (auto& [id, client] : sessions_) client.session->go_on();
}

void Clients::stop_reading() {
    for (auto& [id, client] : sessions_) client.session->stop_taking();
}

bool Clients::has_unsent() const {
    return std::ranges::any_of(
        sessions_, [](const auto& entry) { return entry.second.session->unsent() > 0; });
}

}  // namespace ccd::net
