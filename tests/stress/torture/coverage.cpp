#include "tests/stress/torture/coverage.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace ccd::stress {
namespace {

using job::State;

std::size_t at(Moment moment) {
    return static_cast<std::size_t>(moment);
}

std::string_view name_of(Moment moment) {
    return moment == Moment::before ? "before" : "after";
}

// None: it is not in the table.
std::optional<std::size_t> row_of(const Caught& caught) {
    if (!caught.from || !caught.to) return std::nullopt;
    for (std::size_t row = 0; row < Coverage::rows; ++row)
        if (service::transitions[row].from == caught.from &&
            service::transitions[row].to == caught.to)
            return row;
    return std::nullopt;
}

std::string name_of(std::size_t row) {
    const auto& transition = service::transitions[row];
    return std::string{to_string(transition.from)} + " -> " + std::string{to_string(transition.to)};
}

}  // namespace

void set_column(Caught& caught, int column, std::int64_t value) {
    switch (column) {
        case 1:
            caught.seq = static_cast<std::uint64_t>(value);
            break;
        case 2:
            caught.time = value;
            break;
        case 3:
            caught.job = static_cast<job::Id>(value);
            break;
        case 4:
            caught.from = static_cast<State>(value);
            break;
        case 5:
            caught.to = static_cast<State>(value);
            break;
        default:
            break;
    }
}

std::string to_line(const Caught& caught) {
    char line[160];
    int size = std::snprintf(
        line, sizeof line, "%s %llu %lld %llu %d %d\n", std::string{name_of(caught.moment)}.c_str(),
        static_cast<unsigned long long>(caught.seq), static_cast<long long>(caught.time),
        static_cast<unsigned long long>(caught.job),
        caught.from ? static_cast<int>(*caught.from) : -1,
        caught.to ? static_cast<int>(*caught.to) : -1);
    return {line, static_cast<std::size_t>(std::max(size, 0))};
}

std::optional<Caught> parse_caught(std::string_view line) {
    char moment[8] = {};
    unsigned long long seq = 0;
    unsigned long long job = 0;
    long long time = 0;
    int from = -1;
    int to = -1;
    if (std::sscanf(std::string{line}.c_str(), "%7s %llu %lld %llu %d %d", moment, &seq, &time,
                    &job, &from, &to) != 6)
        return std::nullopt;
    auto state = [](int number) {
        return number < 0 ? std::optional<State>{} : std::optional{static_cast<State>(number)};
    };
    return Caught{.moment = std::string_view{moment} == "before" ? Moment::before : Moment::after,
                  .seq = seq,
                  .time = time,
                  .job = job,
                  .from = state(from),
                  .to = state(to)};
}

bool is_wanted(std::string_view wanted, const Caught& caught) {
    auto row = row_of(caught);
    if (!row) return false;
    auto place = 2 * *row + at(caught.moment);
    return place < wanted.size() && wanted[place] == '1';
}

void Coverage::add(const Caught& caught) {
    if (auto row = row_of(caught)) ++times_[*row][at(caught.moment)];
}

std::string Coverage::wanted() const {
    std::string text;
    for (const auto& row : times_)
        for (auto times : row) text += times == 0 ? '1' : '0';
    return text;
}

std::string Coverage::only(Moment moment, State from, State to) {
    std::string text(2 * rows, '0');
    if (auto row = row_of({.moment = moment, .from = from, .to = to}))
        text[2 * *row + at(moment)] = '1';
    return text;
}

bool Coverage::is_wanted(State from, State to) const {
    auto text = wanted();
    Caught caught{.moment = Moment::before, .from = from, .to = to};
    if (stress::is_wanted(text, caught)) return true;
    caught.moment = Moment::after;
    return stress::is_wanted(text, caught);
}

std::size_t Coverage::covered() const {
    std::size_t covered = 0;
    for (const auto& row : times_)
        covered += static_cast<std::size_t>(
            std::ranges::count_if(row, [](auto times) { return times > 0; }));
    return covered;
}

std::string Coverage::to_table(const std::vector<job::Event>& events) const {
    std::array<std::uint32_t, rows> on_record{};
    for (const auto& event : events)
        if (auto row = row_of({.from = event.from, .to = event.to})) ++on_record[*row];
    std::string table{"transition                    before  after  on record\n"};
    for (std::size_t row = 0; row < rows; ++row) {
        char line[80];
        std::snprintf(line, sizeof line, "%-28s  %6u %6u %10u\n", name_of(row).c_str(),
                      times_[row][0], times_[row][1], on_record[row]);
        table += line;
    }
    return table;
}

std::string Coverage::missing() const {
    std::string text;
    for (std::size_t row = 0; row < rows; ++row)
        for (auto moment : {Moment::before, Moment::after})
            if (times_[row][at(moment)] == 0)
                text +=
                    (text.empty() ? "" : ", ") + std::string{name_of(moment)} + " " + name_of(row);
    return text;
}

std::optional<std::string> contradiction(const Caught& caught,
                                         const std::vector<job::Event>& events) {
    const auto* event =
        caught.seq > 0 && caught.seq <= events.size() ? &events[caught.seq - 1] : nullptr;
    auto is_there = event != nullptr && event->seq == caught.seq && event->job == caught.job &&
                    event->from == caught.from && event->to == caught.to &&
                    event->time.time_since_epoch().count() == caught.time;
    if (is_there == (caught.moment == Moment::after)) return std::nullopt;
    return "event " + std::to_string(caught.seq) + " of job " + std::to_string(caught.job) +
           (is_there ? " is on record, though the daemon died before its commit"
                     : " is not on record, though the daemon died after its commit");
}

}  // namespace ccd::stress
