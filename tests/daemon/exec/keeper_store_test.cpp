// A process that keeps descriptors while nobody is there who needs them.
#include "daemon/exec/keeper_store.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "daemon/exec/descriptor_packet.h"
#include "daemon/exec/keeping.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::exec {
namespace {

UniqueFd file_of(off_t size) {
    UniqueFd file{::open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600)};
    BOOST_TEST_REQUIRE(::ftruncate(file.get(), size) == 0);
    return file;
}

off_t size_of(const UniqueFd& file) {
    struct stat found {};
    return ::fstat(file.get(), &found) == 0 ? found.st_size : -1;
}

struct Keeping {
    Keeping()
        : directory(harness::TemporaryDirectory::create("/tmp", "ccd-keeper").value()),
          path(directory / "keeper.sock") {}

    KeeperStore store() {
        return {path, CCD_SHIM, [this] { return now; }};
    }
    void keep(KeeperStore& store, const std::string& name, off_t size) {
        auto kept = store.keep(name, file_of(size).get());
        BOOST_TEST_REQUIRE(kept.has_value(), (kept ? "" : kept.error().message));
    }
    std::string names_kept() {
        std::string names;
        for (const auto& [name, file] : store().take()) names.append(name).append(" ");
        return names;
    }

    // A connection past the store.
    UniqueFd connection() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        UniqueFd connection{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        const auto* where = reinterpret_cast<sockaddr*>(&address);
        if (::connect(connection.get(), where, sizeof address) != 0) connection.reset();
        return connection;
    }
    // '-': it has hung up.
    static char answer(const UniqueFd& connection, std::string_view packet, int descriptor = -1) {
        BOOST_TEST_REQUIRE(send_packet(connection.get(), packet, descriptor));
        BOOST_TEST_REQUIRE(is_readable(connection));
        char word = 0;
        return receive_packet(connection.get(), {&word, 1}).size == 1 ? word : '-';
    }
    static bool is_readable(const UniqueFd& descriptor) {
        pollfd one{.fd = descriptor.get(), .events = POLLIN, .revents = 0};
        return ::poll(&one, 1, 60'000) == 1;
    }

    struct Process {
        pid_t pid;
        UniqueFd descriptor;

        void tell(int signal) const {
            ::syscall(SYS_pidfd_send_signal, descriptor.get(), signal, nullptr, 0);
        }
        bool has_ended() const { return is_readable(descriptor); }
        long open_files() const {
            const std::filesystem::directory_iterator files{"/proc/" + std::to_string(pid) + "/fd"};
            return std::distance(begin(files), end(files));
        }
    };
    // Whoever else was connected is not any more.
    Process keeper() const {
        const auto connected = connection();
        BOOST_TEST_REQUIRE(answer(connected, "Dnothing") == keeping::done);
        ucred peer{};
        socklen_t size = sizeof peer;
        ::getsockopt(connected.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
        return {.pid = peer.pid,
                .descriptor = UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0))}};
    }

    harness::TemporaryDirectory directory;
    std::string path;
    Time now{};
};

// While it lives this process can open nothing.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const UniqueFd next{::dup(STDERR_FILENO)};
        rlimit none = before_;
        none.rlim_cur = static_cast<rlim_t>(next.get());
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(keeper_store, Keeping)

BOOST_AUTO_TEST_CASE(where_there_is_no_keeper_nothing_was_kept) {
    auto first = store();
    BOOST_TEST(first.take().empty());
    BOOST_TEST(!std::filesystem::exists(path));
    first.drop("nothing");
    first.leave();
}

BOOST_AUTO_TEST_CASE(what_was_kept_comes_back_to_the_next_one_and_stays) {
    {
        auto first = store();
        keep(first, "one", 111);
        keep(first, "two", 222);
        keep(first, "three", 333);
        keep(first, "two", 2'222);
        first.drop("three");
    }
    for (int i = 0; i < 2; ++i) {
        auto next = store();
        auto kept = next.take();
        BOOST_TEST_REQUIRE(kept.size() == 2U);
        BOOST_TEST(size_of(kept.at("one")) == 111);
        BOOST_TEST(size_of(kept.at("two")) == 2'222);
        BOOST_TEST((::fcntl(kept.at("one").get(), F_GETFD) & FD_CLOEXEC) != 0);
    }
}

BOOST_AUTO_TEST_CASE(a_thousand_are_kept) {
    auto first = store();
    for (int i = 0; i < 1'000; ++i) keep(first, "file-" + std::to_string(i), i);
    auto kept = store().take();
    BOOST_TEST(kept.size() == 1'000U);
    for (const auto& [name, file] : kept)
        BOOST_TEST_REQUIRE("file-" + std::to_string(size_of(file)) == name);
}

BOOST_AUTO_TEST_CASE(the_latest_ccd_is_the_one_that_counts) {
    auto hung = store();
    keep(hung, "one", 1);
    auto next = store();
    BOOST_TEST(next.take().size() == 1U);
    keep(next, "two", 2);
    BOOST_TEST(store().take().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_keeper_that_was_killed_is_replaced_and_given_all_anew) {
    auto first = store();
    keep(first, "one", 1);
    int told = 0;
    first.set_on_replaced([&] {
        ++told;
        keep(first, "one", 1);
    });
    const auto killed = keeper();
    killed.tell(SIGKILL);
    BOOST_TEST(killed.has_ended());
    now += KeeperStore::pause;
    keep(first, "two", 2);
    BOOST_TEST(told == 1);
    keep(first, "three", 3);
    BOOST_TEST(told == 1);
    BOOST_TEST(names_kept() == "one three two ");
}

BOOST_AUTO_TEST_CASE(a_keeper_that_ends_again_and_again_is_begun_once_in_a_while) {
    auto first = store();
    keep(first, "one", 1);
    const auto killed = keeper();
    killed.tell(SIGKILL);
    BOOST_TEST(killed.has_ended());
    BOOST_TEST(!first.keep("two", file_of(2).get()).has_value());
    BOOST_TEST(names_kept() == "");
    now += KeeperStore::pause;
    keep(first, "two", 2);
}

BOOST_AUTO_TEST_CASE(a_stopped_keeper_holds_nobody_up_and_is_not_replaced) {
    auto first = store();
    keep(first, "one", 1);
    int told = 0;
    first.set_on_replaced([&] { ++told; });
    const auto stopped = keeper();
    now += KeeperStore::pause;
    keep(first, "two", 2);
    BOOST_TEST(told == 1);
    stopped.tell(SIGSTOP);
    now += KeeperStore::pause;
    // At a second each this would never end.
    for (int i = 0; i < 10'000; ++i)
        BOOST_TEST_REQUIRE(!first.keep("three", file_of(3).get()).has_value());
    BOOST_TEST(told == 1);
    BOOST_TEST(names_kept() == "");
    // Nor does it let anybody in once its line is full.
    std::vector<UniqueFd> waiting;
    while (auto connected = connection()) waiting.push_back(std::move(connected));
    BOOST_TEST(!store().keep("three", file_of(3).get()).has_value());

    stopped.tell(SIGCONT);
    waiting.clear();
    now += KeeperStore::pause;
    keep(first, "four", 4);
    BOOST_TEST(told == 2);
    const auto kept = store().take();
    for (auto name : {"one", "two", "four"}) BOOST_TEST(kept.contains(name));
    BOOST_TEST(keeper().pid == stopped.pid);
}

BOOST_AUTO_TEST_CASE(a_lack_of_descriptors_here_does_not_replace_a_keeper) {
    auto first = store();
    keep(first, "one", 1);
    const auto healthy = keeper();
    auto next = store();
    const auto file = file_of(2);
    {
        const NoDescriptors here;
        BOOST_TEST(!next.keep("two", file.get()).has_value());
    }
    now += KeeperStore::pause;
    keep(next, "two", 2);
    BOOST_TEST(keeper().pid == healthy.pid);
    {
        auto third = store();
        BOOST_TEST(third.take().size() == 2U);
        const NoDescriptors here;
        BOOST_TEST(third.take().empty());
    }
    BOOST_TEST(names_kept() == "one two ");
}

BOOST_AUTO_TEST_CASE(a_drop_finds_its_way_and_begins_nothing) {
    auto first = store();
    first.drop("one");
    BOOST_TEST(!std::filesystem::exists(path));
    keep(first, "one", 1);
    keep(first, "two", 2);
    store().drop("one");
    BOOST_TEST(names_kept() == "two ");
}

BOOST_AUTO_TEST_CASE(what_comes_too_late_is_no_answer_to_the_next_question) {
    UniqueFd listener{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    BOOST_TEST_REQUIRE(::listen(listener.get(), 4) == 0);
    auto first = store();
    BOOST_TEST(first.take().empty());  // nobody answers
    const UniqueFd given_up{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    BOOST_TEST(!send_packet(given_up.get(), {&keeping::done, 1}));
    std::filesystem::remove(path);
    now += KeeperStore::pause;
    keep(first, "one", 1);
}

BOOST_AUTO_TEST_CASE(only_a_packet_that_makes_sense_is_kept_and_nothing_leaks) {
    auto first = store();
    keep(first, "one", 1);
    const auto process = keeper();
    const auto file = file_of(2);
    auto other = connection();
    BOOST_TEST(answer(other, "Kone") == keeping::refused);
    const auto before = process.open_files();
    BOOST_TEST(answer(other, "Dnothing", file.get()) == keeping::done);
    BOOST_TEST(answer(other, "L60", file.get()) == keeping::done);
    BOOST_TEST(answer(other, "X", file.get()) == '-');
    for (const std::string packet : {"L", "Lx", "L99999"})
        BOOST_TEST(answer(connection(), packet) == '-');
    BOOST_TEST(answer(connection(), 'K' + std::string(keeping::name_limit + 1, 'x'), file.get()) ==
               '-');
    BOOST_TEST(names_kept() == "one ");
    BOOST_TEST(answer(other = connection(), "Dnothing") == keeping::done);
    BOOST_TEST(process.open_files() == before);
}

BOOST_AUTO_TEST_CASE(a_keeper_ends_with_its_socket) {
    auto first = store();
    keep(first, "one", 1);
    const auto process = keeper();
    std::filesystem::remove(path);
    BOOST_TEST(process.has_ended());
}

BOOST_AUTO_TEST_CASE(a_keeper_ends_with_its_folder) {
    const auto folder = directory / "run";
    std::filesystem::create_directory(folder);
    path = folder + "/keeper.sock";
    auto first = store();
    keep(first, "one", 1);
    const auto process = keeper();
    std::filesystem::rename(folder, directory / "old");
    std::filesystem::remove_all(directory / "old");
    BOOST_TEST(process.has_ended());
}

BOOST_AUTO_TEST_CASE(a_keeper_that_was_left_waits_for_the_next_ccd) {
    auto first = store();
    keep(first, "one", 1);
    first.leave();
    { auto gone = std::move(first); }
    BOOST_TEST(names_kept() == "one ");
}

BOOST_AUTO_TEST_CASE(a_keeper_that_was_left_does_not_wait_for_ever) {
    auto first = store();
    keep(first, "one", 1);
    const auto process = keeper();
    {
        const auto leaving = connection();
        BOOST_TEST(answer(leaving, "L0") == keeping::done);
    }
    BOOST_TEST(process.has_ended());
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(signals_that_end_a_ccd_do_not_end_its_keeper) {
    auto first = store();
    keep(first, "one", 1);
    const auto process = keeper();
    for (int number : {SIGTERM, SIGINT, SIGHUP}) process.tell(number);
    BOOST_TEST(names_kept() == "one ");
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be_a_socket_is_told) {
    KeeperStore nowhere{directory / "none/keeper.sock", CCD_SHIM};
    auto refused = nowhere.keep("one", file_of(1).get());
    BOOST_TEST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().message.find("keeper.sock") != std::string::npos);
    KeeperStore too_long{directory / std::string(200, 'x'), CCD_SHIM};
    BOOST_TEST(!too_long.keep("one", file_of(1).get()).has_value());
}

// systemd keeps as many as a keeper does, and says so before 254 only where its units do.
BOOST_AUTO_TEST_CASE(the_units_ask_for_as_many_as_a_keeper_takes) {
    for (std::string unit : {"ccd.service", "user/ccd.service"}) {
        std::ifstream file{SOURCE_DIR "/systemd/" + unit};
        const std::string text{std::istreambuf_iterator<char>{file}, {}};
        const auto most = std::to_string(keeping::kept_limit);
        for (std::string line : {"FileDescriptorStoreMax=", "Environment=FDSTORE="})
            BOOST_TEST(text.find("\n" + line + most + "\n") != text.npos, unit + ": " + line);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::exec
