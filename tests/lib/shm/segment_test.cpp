#include "lib/shm/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "lib/shm/attachment.h"

namespace ccd::shm {
namespace {

struct Made {
    Segment segment = Segment::create("test", 8'192).value();
    UniqueFd copy() const { return UniqueFd{::fcntl(segment.fd(), F_DUPFD_CLOEXEC, 0)}; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(segment_suite, Made)

BOOST_AUTO_TEST_CASE(its_size_is_fixed_and_all_of_it_is_zero_and_there) {
    BOOST_TEST(::ftruncate(segment.fd(), 4'096) == -1);
    BOOST_TEST(::ftruncate(segment.fd(), 16'384) == -1);
    const Mapping mapping = Mapping::map(segment, Mapping::Access::write).value();
    for (std::size_t i = 0; i < 8'192; ++i) BOOST_TEST_REQUIRE((mapping.bytes()[i] == std::byte{}));
    struct stat found {};
    BOOST_TEST(::fstat(segment.fd(), &found) == 0);
    BOOST_TEST(found.st_blocks * 512 == 8'192);
    BOOST_TEST((found.st_mode & 0777) == 0600U);
}

BOOST_AUTO_TEST_CASE(what_one_mapping_writes_another_reads) {
    const Segment other = Segment::adopt(copy(), 8'192).value();
    const Mapping here = Mapping::map(segment, Mapping::Access::write).value();
    const Mapping there = Mapping::map(other, Mapping::Access::read).value();
    BOOST_TEST(here.bytes() != there.bytes());
    here.bytes()[8'191] = std::byte{42};
    BOOST_TEST((there.bytes()[8'191] == std::byte{42}));
}

BOOST_AUTO_TEST_CASE(memory_of_another_size_or_of_no_fixed_size_is_refused) {
    BOOST_TEST((Segment::adopt(copy(), 4'096).error().code == Errc::bad_request));
    UniqueFd open{::memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    BOOST_TEST_REQUIRE(::ftruncate(open.get(), 8'192) == 0);
    const auto refused = Segment::adopt(std::move(open), 8'192);
    BOOST_TEST((refused.error().code == Errc::bad_request));
    UniqueFd other{::open("/dev/zero", O_RDWR | O_CLOEXEC)};
    const auto foreign = Segment::adopt(std::move(other), 8'192);
    BOOST_TEST((foreign.error().code == Errc::bad_request));
}

BOOST_AUTO_TEST_CASE(who_may_read_cannot_write) {
    UniqueFd reading = segment.open_for_reading().value();
    void* mapped = ::mmap(nullptr, 4'096, PROT_READ, MAP_SHARED, reading.get(), 0);
    BOOST_TEST_REQUIRE(mapped != MAP_FAILED);
    BOOST_TEST(::mprotect(mapped, 4'096, PROT_READ | PROT_WRITE) == -1);
    BOOST_TEST(::write(reading.get(), "x", 1) == -1);
    ::munmap(mapped, 4'096);
}

BOOST_AUTO_TEST_CASE(given_up_it_is_nothing_but_zeros) {
    const Mapping mapping = Mapping::map(segment, Mapping::Access::write).value();
    mapping.bytes()[100] = std::byte{7};
    segment.give_up();
    BOOST_TEST((mapping.bytes()[100] == std::byte{0}));
    struct stat found {};
    BOOST_TEST(::fstat(segment.fd(), &found) == 0);
    BOOST_TEST(found.st_size == 8'192);
}

BOOST_AUTO_TEST_CASE(memory_of_another_layout_is_not_used_and_not_written) {
    const QueueShape shape{.capacity = 4, .message_size = 64};
    QueueMemory memory = create_queue("test", shape).value();
    const Mapping mapping = Mapping::map(memory.control, Mapping::Access::write).value();
    auto& header = *reinterpret_cast<Header<Hardware>*>(mapping.bytes());
    header.layout.store(layout + 1);
    const auto opened = Attachment::open(memory, shape, Attachment::Role::producer);
    BOOST_TEST((opened.error().code == Errc::conflict));
    close_left_over(UniqueFd{::dup(memory.control.fd())});
    BOOST_TEST(header.openness.load() == static_cast<std::uint32_t>(Openness::open));
    header.layout.store(layout);
    close_left_over(UniqueFd{::dup(memory.control.fd())});
    BOOST_TEST(header.openness.load() == static_cast<std::uint32_t>(Openness::closed));
}

BOOST_AUTO_TEST_CASE(a_child_does_not_have_it) {
    const Mapping mapping = Mapping::map(segment, Mapping::Access::write).value();
    const pid_t child = ::fork();
    if (child == 0) {
        std::byte unread[1];
        const bool is_there =
            ::mincore(mapping.bytes(), 4'096, reinterpret_cast<unsigned char*>(unread)) == 0;
        ::_exit(is_there ? 1 : 0);
    }
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(a_size_that_no_memory_can_have_is_refused) {
    BOOST_TEST(!Segment::create("huge", std::size_t{1} << 63).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ccd::shm
