#include "tests/daemon/queue_life.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstring>
#include <utility>

#include "daemon/places.h"
#include "lib/wire/frame.h"
#include "lib/wire/message.h"

namespace ccd::daemon {
namespace {

const service::Queues::IsInGroup in_no_group = [](std::uint32_t) { return false; };

harness::TemporaryDirectory make_directory() {
    auto made = harness::TemporaryDirectory::create("/tmp", "ccd-queues");
    BOOST_TEST_REQUIRE(made.has_value());
    return std::move(*made);
}

shm::Attachment opened(const store::QueueRow& row, std::vector<UniqueFd>& given) {
    BOOST_TEST_REQUIRE(given.size() == 4U);
    const auto shape = service::shape_of(row);
    const auto memory = shm::adopt_queue(std::move(given[0]), std::move(given[1]), shape);
    BOOST_TEST_REQUIRE(memory.has_value());
    auto attachment = shm::Attachment::open(*memory, shape, shm::Attachment::Role::producer);
    BOOST_TEST_REQUIRE(attachment.has_value());
    return std::move(*attachment);
}

bool is_readable(int descriptor, int patience) {
    pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, patience) == 1;
}

// Goes elsewhere while it lives.
class StandardError {
public:
    explicit StandardError(int where) { ::dup2(where, STDERR_FILENO); }
    StandardError(const StandardError&) = delete;
    StandardError& operator=(const StandardError&) = delete;
    ~StandardError() { ::dup2(before_.get(), STDERR_FILENO); }

private:
    UniqueFd before_{::dup(STDERR_FILENO)};
};

}  // namespace

UniqueFd process_of(pid_t pid) {
    return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

std::string told_by(const std::function<void()>& act) {
    const UniqueFd file{::open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600)};
    {
        const StandardError away{file.get()};
        act();
    }
    std::string text(1 << 16, '\0');
    const auto size = ::pread(file.get(), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
}

FewDescriptors::FewDescriptors(std::uint64_t count) {
    std::vector<UniqueFd> next;
    while (next.size() <= count) next.emplace_back(::dup(STDERR_FILENO));
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    before_ = limit.rlim_cur;
    limit.rlim_cur = static_cast<rlim_t>(next.back().get());
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

FewDescriptors::~FewDescriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = before_;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

QueueHome::QueueHome() : directory(make_directory()), socket(directory / "keeper.sock") {}

exec::KeeperStore QueueHome::store() {
    return {socket, shim_path(), [this] { return now; }};
}

std::string QueueHome::names_kept() {
    std::string names;
    for (const auto& [name, descriptor] : take()) names.append(name).append(" ");
    return names;
}

void QueueHome::kill_keeper() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket.copy(address.sun_path, sizeof address.sun_path - 1);
    const UniqueFd connection{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    BOOST_TEST_REQUIRE(::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address),
                                 sizeof address) == 0);
    ucred peer{};
    socklen_t size = sizeof peer;
    ::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
    const auto process = process_of(peer.pid);
    BOOST_TEST_REQUIRE(::kill(peer.pid, SIGKILL) == 0);
    BOOST_TEST_REQUIRE(is_readable(process.get(), 60'000));
}

QueueEnd::QueueEnd(const store::QueueRow& row, shm::ClientId me, std::vector<UniqueFd> given)
    : attachment(opened(row, given)),
      message(std::move(given[2])),
      room(std::move(given[3])),
      queue(attachment.geometry(), attachment.memory(), me,
            {.message = message.get(), .room = room.get()}) {}

bool QueueEnd::put(std::string_view text) {
    shm::ChunkId chunk = 0;
    const auto size = static_cast<std::uint32_t>(text.size());
    if (queue.reserve(size, chunk) != shm::Status::done) return false;
    std::memcpy(queue.room(chunk).data(), text.data(), text.size());
    return queue.publish(chunk, size) == shm::Status::done;
}

std::string QueueEnd::take() {
    shm::Taken taken;
    if (queue.take(taken) != shm::Status::done) return {};
    const auto bytes = queue.message(taken);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool QueueEnd::is_closed() const {
    const auto openness = attachment.memory().header->openness.load();
    return openness == static_cast<std::uint32_t>(shm::Openness::closed);
}

bool QueueEnd::is_woken() const {
    return is_readable(message.get(), 0) && is_readable(room.get(), 0);
}

QueueLife::QueueLife(QueueHome& home, std::vector<store::QueueRow> rows)
    : store(home.store()),
      memories(loop, store, actions(), {.look = Millis{10}, .keeping = Millis{10}}) {
    const auto last = rows.empty() ? 0 : rows.back().id;
    rules.load(std::move(rows), last);
    store.set_on_replaced([this] { memories.keep_anew(); });
}

QueueMemories::Actions QueueLife::actions() {
    return {.find = [this](store::QueueId id) { return rules.find(id); },
            .all = [this] { return rules.all(); },
            .readmit = [this](store::QueueId id, shm::ClientId client,
                              const service::QueueUser& user) { rules.readmit(id, client, user); },
            .left = [this](store::QueueId id, shm::ClientId client) { rules.leave(id, client); },
            .mended =
                [this](store::QueueId id, shm::ClientId client) {
                    mended.push_back({id, client, turns});
                    rules.mended(id, client);
                },
            .reply =
                [this](const service::Ticket& ticket, const std::string& frame,
                       std::vector<UniqueFd> descriptors) {
                    auto head =
                        wire::parse_reply(std::string_view{frame}.substr(wire::frame_header));
                    BOOST_TEST_REQUIRE(head.has_value());
                    replies.push_back({ticket.msgid, head->error, std::move(descriptors)});
                    return is_connected;
                }};
}

void QueueLife::commit() {
    decisions.batch = {};
    rules.committed(decisions.batch_id++);
}

store::QueueId QueueLife::create(const queue::CreateRequest& request) {
    auto created = rules.create(request, root, in_no_group);
    BOOST_TEST_REQUIRE(created.has_value(), (created ? "" : created.error().message));
    commit();
    return rules.look(request.name, root, in_no_group).value()->row.id;
}

void QueueLife::destroy(const std::string& name) {
    BOOST_TEST_REQUIRE(rules.destroy(name, root, in_no_group).has_value());
    commit();
}

std::vector<store::QueueRow> QueueLife::rows() const {
    std::vector<store::QueueRow> rows;
    for (const auto* queue : rules.all()) rows.push_back(queue->row);
    return rows;
}

shm::ClientId QueueLife::ask(store::QueueId id, pid_t pid, UniqueFd process) {
    auto caller = root;
    caller.pid = pid;
    auto asked =
        rules.attach({.name = row(id).name}, caller, {.connection = 1, .msgid = ++last_msgid_},
                     in_no_group, std::make_shared<const UniqueFd>(std::move(process)));
    BOOST_TEST_REQUIRE(asked.has_value(), (asked ? "" : asked.error().message));
    return std::get<service::AttachQueue>(decisions.effects.back()).client;
}

QueueLife::Reply& QueueLife::answer() {
    until([this] { return !replies.empty() && replies.back().msgid == last_msgid_; });
    return replies.back();
}

QueueEnd QueueLife::attach(store::QueueId id, pid_t pid) {
    const auto client = ask(id, pid);
    auto& reply = answer();
    BOOST_TEST_REQUIRE(!reply.error, (reply.error ? reply.error->message : ""));
    return {row(id), client, std::move(reply.descriptors)};
}

bool QueueLife::uses(store::QueueId id, shm::ClientId client) const {
    return rules.find(id)->users.contains(client);
}

bool QueueLife::is_mended(store::QueueId id, shm::ClientId client) const {
    return std::ranges::any_of(
        mended, [&](const Mended& one) { return one.queue == id && one.client == client; });
}

void QueueLife::carry_out() {
    while (!decisions.effects.empty())
        for (const auto& effect : std::exchange(decisions.effects, {})) {
            if (const auto* asked = std::get_if<service::AttachQueue>(&effect))
                memories.attach(*asked);
            if (const auto* left = std::get_if<service::MendQueue>(&effect))
                memories.mend(left->queue, left->client);
            if (const auto* closed = std::get_if<service::CloseQueue>(&effect))
                memories.close(closed->queue);
        }
}

void QueueLife::turn(uv_run_mode mode) {
    carry_out();
    ++turns;
    uv_run(loop.raw(), mode);
    carry_out();
}

}  // namespace ccd::daemon
