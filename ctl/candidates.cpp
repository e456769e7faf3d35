#include "ctl/candidates.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace ccd::ctl {
namespace {

constexpr Millis patience{500};
constexpr std::uint32_t newest_limit = 50;

void add(std::vector<std::string>& words, std::string word) {
    if (is_harmless(word) && std::ranges::find(words, word) == words.end())
        words.push_back(std::move(word));
}

std::string lines_of(const std::vector<std::string>& words) {
    std::string lines;
    for (const auto& word : words) lines.append(word).append("\n");
    return lines;
}

void add_words_of(std::vector<std::string>& words, std::string_view kind, const job::View& job,
                  std::uint32_t uid) {
    bool is_own = job.uid == uid;
    if (kind == "jobs" || (kind == "mine" && is_own && !job::is_final(job.state)) ||
        (kind == "ended" && is_own && job::is_final(job.state)))
        add(words, std::to_string(job.id));
    else if (kind == "users")
        add(words, job.user);
    else if (kind == "names" && is_own && job.name)
        add(words, *job.name);
    else if (kind == "tags" && is_own)
        for (const auto& tag : job.tags) add(words, tag);
}

Result<std::vector<job::View>> jobs_to_name(client::Client& client) {
    job::ListRequest newest{};
    newest.user = std::to_string(::geteuid());
    newest.limit = newest_limit;
    auto unfinished = CCD_TRY(client.call<job::Status>({}));
    auto own = CCD_TRY(client.call<job::List>(newest));
    std::ranges::move(own.jobs, std::back_inserter(unfinished.jobs));
    return std::move(unfinished.jobs);
}

Result<std::string> cards(client::Client& client) {
    std::vector<std::string> words;
    auto reply = CCD_TRY(client.call<host::Gpus>({}));
    for (const auto& gpu : reply.gpus) {
        add(words, std::to_string(gpu.index));
        add(words, gpu.uuid);
    }
    return lines_of(words);
}

Result<std::string> pools(client::Client& client) {
    std::vector<std::string> words;
    auto reply = CCD_TRY(client.call<host::Stats>({}));
    for (const auto& [name, pool] : reply.pools) add(words, name);
    return lines_of(words);
}

Result<std::string> find_candidates(const Session& session, std::string_view kind) {
    auto client = CCD_TRY(session.connect());
    if (kind == "cards") return cards(client);
    if (kind == "pools") return pools(client);
    auto jobs = CCD_TRY(jobs_to_name(client));
    return candidates_of(kind, jobs, ::geteuid());
}

}  // namespace

bool is_harmless(std::string_view word) {
    constexpr std::string_view others{"_-+=.:/@%"};
    return !word.empty() && !word.starts_with('-') && std::ranges::all_of(word, [=](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               others.find(c) != others.npos;
    });
}

std::string candidates_of(std::string_view kind, const std::vector<job::View>& jobs,
                          std::uint32_t uid) {
    std::vector<std::string> words;
    for (const auto& job : jobs) add_words_of(words, kind, job, uid);
    bool has_job = std::ranges::find(jobs, uid, &job::View::uid) != jobs.end();
    bool is_of_jobs = kind == "jobs" || kind == "mine" || kind == "ended";
    if (has_job && is_of_jobs) words.emplace_back("last");
    return lines_of(words);
}

int show_candidates(Session& session, std::string_view kind) {
    session.deadline = client::deadline_after(patience);
    auto words = find_candidates(session, kind);
    return words ? session.show(*words) : 0;
}

}  // namespace ccd::ctl
