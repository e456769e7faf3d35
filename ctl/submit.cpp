#include "ctl/submit.h"

#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "ctl/ending.h"
#include "ctl/logs.h"
#include "lib/text/quote.h"

namespace ccd::ctl {
namespace {

// Between the tries of a submit whose answer was lost.
constexpr std::array delays{Millis{200}, Millis{1000}, Millis{3000}};
constexpr Millis longest_delay{10'000};

std::string_view name_in(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

Result<void> merge_environment(std::vector<std::string>& environment,
                               const std::vector<std::string>& over) {
    for (const auto& variable : over) {
        auto name = name_in(variable);
        if (name.empty() || name.size() == variable.size())
            return failure(Errc::bad_request,
                           "--env: " + text::quote(variable) + " is not NAME=VALUE");
        auto same = std::ranges::find(environment, name, name_in);
        if (same == environment.end())
            environment.push_back(variable);
        else
            *same = variable;
    }
    return {};
}

std::string whole_path(const std::string& path, const std::string& cwd) {
    return path.starts_with('/') ? path : cwd + (cwd.ends_with('/') ? "" : "/") + path;
}

// 48 bits of the time, then 80 random ones, as RFC 9562's UUIDv7: a submit that is repeated is
// known by it, and keys that come together stand together in the daemon's index.
std::string fresh_key() {
    std::array<unsigned char, 16> bytes{};
    while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    }
    auto now = static_cast<std::uint64_t>(
        std::chrono::floor<Millis>(std::chrono::system_clock::now()).time_since_epoch().count());
    for (std::size_t i = 6; i-- > 0; now >>= 8) bytes[i] = static_cast<unsigned char>(now & 0xff);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string key;
    for (auto byte : bytes) key.append({digits[byte >> 4], digits[byte & 15]});
    return key;
}

// Asks again where an answer was lost, which the key makes safe. A refusal that is certain stands,
// unless it is an earlier try of which nobody knows.
Result<job::SubmitReply> submit(const Session& session, const job::SubmitRequest& request) {
    bool is_open = false;
    for (std::size_t tries = 0;; ++tries) {
        auto reply = session.call<job::Submit>(request);
        if (reply) return reply;
        auto& error = reply.error();
        is_open |= !error.confirmed;
        bool may_retry = info_of(error.code).may_retry && error.code != Errc::timeout;
        if (is_open && may_retry && tries < delays.size()) {
            auto delay = std::max(delays[tries], error.retry_after.value_or(Millis{0}));
            wait_for(-1, std::min({delay, longest_delay, session.time_left().value_or(delay)}));
            continue;
        }
        error.confirmed = !is_open;
        if (is_open)
            error.message +=
                "; whether the job is queued is not known, submit it again with --key " +
                *request.key;
        return reply;
    }
}

// Waits for their end, as many at a time as one wait takes.
Result<int> wait_for_all(const Session& session, job::Id first, std::uint32_t count) {
    int code = 0;
    for (job::WaitRequest request; count > 0; request.ids.clear()) {
        for (; count > 0 && request.ids.size() < selected_limit; --count)
            request.ids.push_back(first++);
        auto ending = CCD_TRY(Ending::ask(session, request));
        code = std::max(code, exit_code_of(CCD_TRY(ending.wait()).jobs));
    }
    return code;
}

// Waits for the end of what was submitted, or shows what it prints until then; gives its exit code.
Result<int> stay_with(const Session& session, const job::SubmitReply& submitted,
                      const job::Submit::Local& local) {
    if (local.follow) return exit_code_of(CCD_TRY(follow_job(session, submitted.id)));
    if (submitted.count) return wait_for_all(session, submitted.id, *submitted.count);
    auto ending = CCD_TRY(Ending::ask(session, {.ids = {submitted.id}}));
    auto reply = CCD_TRY(ending.wait());
    if (reply.jobs.empty()) return failure(Errc::internal, "the daemon did not say how it ended");
    return exit_code_of(reply.jobs.front());
}

// As other commands take it: a number, or the first and the last of an array.
std::string numbers_of(const job::SubmitReply& submitted) {
    auto first = std::to_string(submitted.id);
    if (submitted.count.value_or(1) == 1) return first;
    return first + "-" + std::to_string(submitted.id + *submitted.count - 1);
}

// Said to people only: a program has them in the reply.
void warn(const Session& session, const job::SubmitRequest& request,
          const job::SubmitReply& submitted) {
    if (session.globals.json || ::isatty(STDERR_FILENO) == 0) return;
    struct stat found {};
    if (::stat(request.cwd.c_str(), &found) != 0 || !S_ISDIR(found.st_mode))
        session.remark("there is no directory " + text::quote(request.cwd) + " now");
    for (const auto& warning : submitted.warnings) session.remark(warning);
}

}  // namespace

Result<Surroundings> surroundings_of_process() {
    Surroundings here;
    for (char** variable = ::environ; variable != nullptr && *variable != nullptr; ++variable)
        // No job could have one without a name; the daemon refuses it.
        if (const char* equals = std::strchr(*variable, '='); equals > *variable)
            here.environment.emplace_back(*variable);
    std::unique_ptr<char, decltype(&std::free)> cwd{::getcwd(nullptr, 0), &std::free};
    if (cwd == nullptr)
        return failure(Errc::bad_request, std::string{"there is no working directory here: "} +
                                              ::strerrordesc_np(errno));
    here.cwd = cwd.get();
    here.umask = ::umask(0);  // it cannot be read without being set
    ::umask(here.umask);
    return here;
}

Result<job::SubmitRequest> completed(const Parsed<job::Submit>& parsed, Surroundings surroundings) {
    auto request = parsed.request;
    if (parsed.local.clean_env) surroundings.environment.clear();
    CCD_TRY(merge_environment(surroundings.environment, request.env));
    request.env = std::move(surroundings.environment);
    request.cwd =
        request.cwd.empty() ? surroundings.cwd : whole_path(request.cwd, surroundings.cwd);
    if (request.stdin_file) request.stdin_file = whole_path(*request.stdin_file, surroundings.cwd);
    if (!request.key) request.key = fresh_key();
    request.umask = surroundings.umask;
    return request;
}

int run(job::Submit, const Session& session, const Parsed<job::Submit>& parsed) {
    auto base = failure_base(parsed);
    auto here = surroundings_of_process();
    if (!here) return session.fail(here.error(), base);
    if (parsed.request.array && parsed.local.follow)
        return session.fail({.code = Errc::bad_request,
                             .message = "--follow shows one job, and an array is many; "
                                        "say --wait, or 'ccctl logs' for one of them"},
                            base);
    auto request = completed(parsed, *std::move(here));
    if (!request) return session.fail(request.error(), base);
    auto reply = submit(session, *request);
    if (!reply) return session.fail(reply.error(), base);
    // A key of our own is new: where it was known, an earlier try of this call has created the job.
    if (!parsed.request.key && !parsed.request.dry_run) reply->created = true;
    warn(session, *request, *reply);
    if (parsed.local.follow) {
        // Standard output is the job's.
        session.remark("job " + numbers_of(*reply));
    } else {
        auto text =
            parsed.request.dry_run ? std::string{"it would be taken\n"} : numbers_of(*reply) + "\n";
        if (session.globals.json) text = session.text_of<job::Submit>(*reply);
        if (int code = session.show(text); code != 0) return base + code;
    }
    if (parsed.request.dry_run || (!parsed.local.wait && !parsed.local.follow)) return 0;
    auto code = stay_with(session, *reply, parsed.local);
    return code ? *code : session.fail(code.error(), base);
}

int run(job::Retry, const Session& session, const Parsed<job::Retry>& parsed) {
    auto here = surroundings_of_process();
    if (!here) return session.fail(here.error());
    auto request = parsed.request;
    request.env = std::move(here->environment);
    auto reply = session.call<job::Retry>(request);
    return reply ? session.show(session.text_of<job::Retry>(*reply)) : session.fail(reply.error());
}

}  // namespace ccd::ctl
