// A command line in one string, split as a shell would: at blanks, but not in single quotes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

inline std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> words;
    bool is_quoted = false;
    bool is_word = false;
    for (char c : line) {
        if (c == '\'') {
            is_quoted = !is_quoted;
        } else if (c == ' ' && !is_quoted) {
            is_word = false;
            continue;
        }
        if (!is_word) words.emplace_back();
        is_word = true;
        if (c != '\'') words.back().push_back(c);
    }
    return words;
}

// Views of them, as the parser takes them.
inline std::vector<std::string_view> views(const std::vector<std::string>& words) {
    return {words.begin(), words.end()};
}
