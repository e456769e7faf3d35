#include "daemon/outputs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "ccd/unique_fd.h"
#include "tests/harness/filesystem.h"
#include "tests/harness/temporary_directory.h"

namespace ccd::daemon {
namespace {

constexpr std::size_t limit = 256 << 10;

struct Place {
    harness::TemporaryDirectory folder =
        harness::TemporaryDirectory::create(harness::scratch_directory(), "ccd-outputs").value();
    const std::string path = folder / "log";

    void append(char what, std::size_t size) const {
        std::ofstream{path, std::ios::app} << std::string(size, what);
        // Blocks are given when what was written reaches the file system.
        UniqueFd file{open(path.c_str(), O_RDONLY)};
        fsync(file.get());
    }
    std::string text() const {
        std::ifstream file{path};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    std::size_t held() const {
        struct stat found {};
        BOOST_TEST_REQUIRE(stat(path.c_str(), &found) == 0);
        return static_cast<std::size_t>(found.st_blocks) * 512;
    }
    // What was left out; none: this file system can leave nothing out.
    std::optional<std::size_t> cut() const {
        auto done = cut_output(path, Bytes{limit});
        if (!done && done.error().code == Errc::conflict) return std::nullopt;
        BOOST_TEST_REQUIRE(done.has_value(), (done ? "" : done.error().message));
        return done->count;
    }
};

BOOST_FIXTURE_TEST_SUITE(outputs, Place)

BOOST_AUTO_TEST_CASE(an_output_within_its_limit_is_left_alone) {
    append('a', limit - 5'000);
    BOOST_TEST(cut().value_or(0) == 0U);
    BOOST_TEST((text() == std::string(limit - 5'000, 'a')));
}

BOOST_AUTO_TEST_CASE(of_one_that_is_over_head_and_tail_are_kept_and_its_length) {
    append('a', limit);
    append('b', limit);
    append('c', limit);
    auto left_out = cut();
    if (!left_out) return;
    BOOST_TEST(*left_out > 0U);
    BOOST_TEST(held() <= limit);
    auto kept = text();
    BOOST_TEST(kept.size() == 3 * limit);
    BOOST_TEST((kept.substr(0, limit / 4) == std::string(limit / 4, 'a')));
    BOOST_TEST((kept.substr(kept.size() - limit / 2) == std::string(limit / 2, 'c')));
    auto hole = kept.find('\0');
    BOOST_TEST(kept.find_last_of('\0') + 1 - hole == *left_out);
    BOOST_TEST(kept.find_first_not_of('\0', hole) == hole + *left_out);
}

BOOST_AUTO_TEST_CASE(one_that_grows_on_is_cut_again_and_its_head_stays) {
    append('a', 2 * limit);
    if (!cut()) return;
    BOOST_TEST(cut().value() == 0U);
    append('b', 2 * limit);
    BOOST_TEST(cut().value() > 0U);
    BOOST_TEST(held() <= limit);
    auto kept = text();
    BOOST_TEST((kept.substr(0, limit / 4) == std::string(limit / 4, 'a')));
    auto hole = kept.find('\0');
    BOOST_TEST(kept.find_first_not_of('\0', hole) == kept.find_last_of('\0') + 1);
}

BOOST_AUTO_TEST_CASE(what_is_held_behind_the_end_is_given_back_and_nothing_that_was_written) {
    append('a', limit / 2);
    UniqueFd file{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, 16 * limit) != 0) {
        BOOST_TEST_MESSAGE("not tried: this file system cannot hold room behind the end");
        return;
    }
    BOOST_TEST(held() >= 16 * limit);
    BOOST_TEST(cut_output(path, Bytes{limit}, Bytes{limit}).has_value());
    BOOST_TEST(held() <= limit);
    BOOST_TEST((text() == std::string(limit / 2, 'a')));
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_left_alone) {
    BOOST_TEST(cut_output(folder / "nothing", Bytes{limit}).value().count == 0U);
    std::filesystem::create_symlink(path, folder / "link");
    BOOST_TEST(!cut_output(folder / "link", Bytes{limit}).has_value());
    BOOST_TEST(!cut_output(folder.path(), Bytes{limit}).has_value());
}

BOOST_AUTO_TEST_CASE(outputs_are_removed_with_their_directory_when_it_is_empty) {
    loop::Loop loop;
    Outputs outputs{loop};
    std::filesystem::create_directory(folder / "0");
    std::filesystem::create_directory(folder / "1");
    for (const auto* name : {"0/1.1.log", "0/1.2.log", "1/1000.1.log", "1/1001.1.log"})
        std::ofstream{folder / name} << "text";
    outputs.remove({folder / "0/1.1.log", folder / "0/1.2.log", folder / "0/1.3.log",
                    folder / "1/1000.1.log"});
    BOOST_TEST(loop.finish_work(Millis{60'000}));
    BOOST_TEST(!std::filesystem::exists(folder / "0"));
    BOOST_TEST(!std::filesystem::exists(folder / "1/1000.1.log"));
    BOOST_TEST(std::filesystem::exists(folder / "1/1001.1.log"));
}

BOOST_AUTO_TEST_CASE(outputs_are_listed_a_directory_at_a_time_and_foreign_files_are_left_out) {
    for (const auto* name : {"12", "3", "other"}) std::filesystem::create_directory(folder / name);
    for (const auto* name : {"3/3001.1.log", "3/3001.12.log", "3/3001.log", "3/x.1.log",
                             "3/3001.1.txt", "3/3001.1x.log", "12/12007.1.log", "log"})
        std::ofstream{folder / name} << "text";
    BOOST_TEST((list_output_folders(folder.path()) == std::vector<std::uint64_t>{3, 12}));
    BOOST_TEST(list_output_folders(folder / "nothing").empty());
    auto first = list_outputs(folder.path(), 3);
    BOOST_TEST(first.number == 3U);
    std::ranges::sort(first.outputs);
    BOOST_TEST((first.outputs == std::vector<service::Begun>{{3'001, 1}, {3'001, 12}}));
    auto second = list_outputs(folder.path(), 12);
    BOOST_TEST((second.outputs == std::vector<service::Begun>{{12'007, 1}}));
    BOOST_TEST(list_outputs(folder.path(), 13).outputs.empty());
}

BOOST_AUTO_TEST_CASE(what_is_being_removed_is_not_found_any_more) {
    loop::Loop loop;
    Outputs outputs{loop};
    for (const auto* name : {"1.1.log", "2.1.log"}) std::ofstream{folder / name} << "text";
    std::optional<std::vector<service::Begun>> found;
    auto look = [&] {
        outputs.look_for({{{1, 1}, folder / "1.1.log"}, {{2, 1}, folder / "2.1.log"}},
                         [&](std::vector<service::Begun> there) {
                             found = std::move(there);
                             loop.stop();
                         });
        loop.run();
    };
    look();
    BOOST_TEST(found.value().size() == 2U);
    outputs.remove({folder / "1.1.log"});
    look();
    BOOST_TEST((found.value() == std::vector<service::Begun>{{2, 1}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ccd::daemon
