// One line on a terminal that says how far a long work has come, over and over.
//
// It stands on standard error, so that results may go into a file, and is gone at the end. Where
// that is no terminal nothing is said.
#pragma once

#include <string_view>

#include "lib/client/connection.h"

namespace ccd::ctl {

class Progress {
public:
    // Quiet where JSON is asked for: a program reads it.
    explicit Progress(bool is_wanted);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() { clear(); }

    bool is_shown() const { return is_shown_; }
    // Ten times a second at most; whether to make the text at all.
    bool is_due() const;
    void show(std::string_view text);
    // Before something else is written.
    void clear();

private:
    bool is_shown_;
    bool has_text_ = false;
    client::Deadline next_{};
};

}  // namespace ccd::ctl
