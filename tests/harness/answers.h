// Counts whole answers in received bytes, for each protocol that is measured.
//
// A counter looks at bytes that begin where an answer begins, and says how many whole answers
// there are and how many bytes they take; the caller keeps the rest and shows it again with more
// behind it. Nothing is stored and nothing allocated.
#pragma once

#include <cstdint>
#include <string_view>

namespace ccd::harness {

struct Answers {
    std::size_t bytes = 0;    // of all whole answers
    std::uint64_t whole = 0;  // answers, refusals among them
    std::uint64_t refused = 0;

    bool operator==(const Answers&) const = default;
};

using AnswerCounter = Answers (*)(std::string_view bytes);

// Frames of ccd. Items of a stream count as answers.
Answers ccd_answers(std::string_view bytes);
// Simple strings, errors, integers and bulk strings of RESP2.
Answers redis_answers(std::string_view bytes);
// One line each; all but INSERTED, USING and DELETED are refusals. No answers with bodies.
Answers beanstalkd_answers(std::string_view bytes);

}  // namespace ccd::harness
