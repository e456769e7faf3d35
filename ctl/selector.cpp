#include "ctl/selector.h"

#include <algorithm>

#include "lib/text/integer.h"
#include "lib/text/quote.h"

namespace ccd::ctl {
namespace {

constexpr auto greatest = static_cast<job::Id>(std::numeric_limits<std::int64_t>::max());

struct Span {
    job::Id first = 0;
    job::Id last = 0;
};

Result<job::Id> number_in(std::string_view text, std::string_view word) {
    if (text == "last") return last_job;
    auto number = text::parse_integer<job::Id>(text, 1, greatest);
    if (number) return *number;
    return failure(Errc::bad_request, text::quote(word) +
                                          " names no job: a number, a range such as 5-8, or last "
                                          "is needed");
}

// What stands between two commas.
Result<Span> span_of(std::string_view word) {
    auto dash = word.find('-');
    if (dash == word.npos) {
        auto number = CCD_TRY(number_in(word, word));
        return Span{number, number};
    }
    auto first = CCD_TRY(text::parse_integer<job::Id>(word.substr(0, dash), 1, greatest));
    auto last = CCD_TRY(text::parse_integer<job::Id>(word.substr(dash + 1), 1, greatest));
    if (last < first)
        return failure(Errc::bad_request,
                       "the range " + text::quote(word) + " ends before it begins");
    if (last - first >= selected_limit)
        return failure(Errc::over_limit, "the range " + text::quote(word) + " is of " +
                                             std::to_string(last - first + 1) + " jobs; at most " +
                                             std::to_string(selected_limit) +
                                             " at once are allowed");
    return Span{first, last};
}

}  // namespace

Result<void> select(std::string_view text, std::vector<job::Id>& to) {
    for (bool is_more = true; is_more;) {
        auto comma = text.find(',');
        is_more = comma != text.npos;
        auto [first, last] = CCD_TRY(span_of(text.substr(0, comma)));
        if (is_more) text.remove_prefix(comma + 1);
        for (auto id = first;; ++id) {
            if (std::ranges::find(to, id) == to.end()) to.push_back(id);
            if (id == last) break;
        }
        if (to.size() > selected_limit)
            return failure(Errc::over_limit, "more than " + std::to_string(selected_limit) +
                                                 " jobs are named, and no more are taken at once");
    }
    return {};
}

Result<void> select(std::string_view text, job::Id& to) {
    std::vector<job::Id> jobs;
    CCD_TRY(select(text, jobs));
    if (jobs.size() != 1)
        return failure(Errc::bad_request, text::quote(text) + " names " +
                                              std::to_string(jobs.size()) +
                                              " jobs; one is needed here");
    to = jobs.front();
    return {};
}

bool replace(std::vector<job::Id>& jobs, job::Id from, job::Id to) {
    auto found = std::ranges::find(jobs, from);
    if (found == jobs.end()) return false;
    if (from != to && std::ranges::find(jobs, to) != jobs.end())
        jobs.erase(found);
    else
        *found = to;
    return true;
}

bool replace(job::Id& job, job::Id from, job::Id to) {
    if (job != from) return false;
    job = to;
    return true;
}

}  // namespace ccd::ctl
