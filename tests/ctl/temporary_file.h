// A file that is gone with the object, written through one descriptor and read through another.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ccd/unique_fd.h"

class TemporaryFile {
public:
    TemporaryFile() {
        std::string path{"/tmp/ccd-ctl-XXXXXX"};
        writer_.reset(::mkostemp(path.data(), O_APPEND | O_CLOEXEC));
        BOOST_TEST_REQUIRE(static_cast<bool>(writer_));
        reader_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        ::unlink(path.c_str());
    }

    int writer() const { return writer_.get(); }
    ccd::UniqueFd lend() const { return ccd::UniqueFd{::dup(reader_.get())}; }

    void append(std::string_view text) const {
        BOOST_TEST_REQUIRE(::write(writer_.get(), text.data(), text.size()) ==
                           static_cast<ssize_t>(text.size()));
    }

    std::string text() const {
        std::string text;
        std::string buffer(1 << 16, '\0');
        for (off_t at = 0;; at += static_cast<off_t>(buffer.size())) {
            auto size = ::pread(reader_.get(), buffer.data(), buffer.size(), at);
            if (size <= 0) return text;
            text.append(buffer, 0, static_cast<std::size_t>(size));
            if (static_cast<std::size_t>(size) < buffer.size()) return text;
        }
    }

private:
    ccd::UniqueFd writer_;
    ccd::UniqueFd reader_;
};
