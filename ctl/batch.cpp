#include "ctl/batch.h"

#include <algorithm>

#include "ctl/json_fields.h"
#include "ctl/lines.h"
#include "ctl/progress.h"
#include "ctl/submit.h"

namespace ccd::ctl {
namespace {

constexpr std::uint32_t batch_limit = 1'000;  // the daemon holds 4096 requests of a connection
constexpr std::uint32_t retries_limit = 1'000;
constexpr std::size_t errors_limit = 1'000;  // that are told one by one
constexpr Millis longest_delay{30'000};

// FNV-1a, which gives the same everywhere and always: it ends up in keys on disk.
constexpr std::uint64_t hash_begin = 0xcbf29ce484222325;
std::uint64_t hash_of(std::string_view text, std::uint64_t hash) {
    for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

std::string_view trimmed(std::string_view line) {
    constexpr std::string_view blanks{" \t\r"};
    auto begin = line.find_first_not_of(blanks);
    if (begin == line.npos) return {};
    return line.substr(begin, line.find_last_not_of(blanks) + 1 - begin);
}

// The way to the daemon is broken, or its disk: what comes next would fare no better.
bool is_outage(Errc code) {
    return code == Errc::unreachable || code == Errc::timeout || code == Errc::storage_unavailable;
}

// A line on its way.
struct Entry {
    std::uint64_t line = 0;
    job::SubmitRequest request;
    std::optional<Error> error;  // of its last try
    bool is_hopeless = false;    // another try would have the same
    bool may_exist = false;      // a try was sent, and whether it was carried out is not known
};

class Runner {
public:
    Runner(const Session& session, const job::BatchRequest& asked, Surroundings here)
        : session_(session),
          asked_(asked),
          here_(std::move(here)),
          progress_(!session.globals.json) {}

    Result<void> run(Lines& lines);
    int report();

private:
    Result<void> fill(Lines& lines);
    void add(const Line& line);
    Result<Entry> entry_of(const Line& line);
    bool submit();
    Result<void> send_round();
    Result<void> exchange(client::Client& client);
    void settle(Entry& entry, Result<job::SubmitReply> reply);
    void wait(Millis delay) const;
    void fail(std::uint64_t line, const Error& error);
    void show(const Lines& lines);

    const Session& session_;
    const job::BatchRequest& asked_;
    const Surroundings here_;
    LineKeys keys_;
    std::optional<client::Client> client_;
    std::vector<Entry> batch_;
    job::BatchReply reply_;
    std::uint64_t last_line_ = 0;
    std::string stopped_by_;  // why not all lines were read
    Progress progress_;
};

// The daemon is there to begin with, or nothing is read.
Result<void> Runner::run(Lines& lines) {
    client_ = CCD_TRY(session_.connect());
    for (bool is_first = true;; is_first = false) {
        CCD_TRY(fill(lines));
        if (batch_.empty() && lines.is_at_end()) return {};
        if (!is_first) wait(asked_.delay);
        if (!submit()) return {};
        show(lines);
    }
}

// As many as fit; those of a slow writer are not kept waiting for the rest.
Result<void> Runner::fill(Lines& lines) {
    for (std::size_t read = 0; read < asked_.batch_size; ++read) {
        if (!batch_.empty() && !lines.is_ready()) return {};
        auto line = CCD_TRY(lines.next());
        if (!line) return {};
        add(*line);
    }
    return {};
}

void Runner::add(const Line& line) {
    last_line_ = line.number;
    if (!line.is_too_long && trimmed(line.text).empty()) return;
    auto entry = entry_of(line);
    if (entry)
        batch_.push_back(*std::move(entry));
    else
        fail(line.number, entry.error());
}

Result<Entry> Runner::entry_of(const Line& line) {
    if (line.is_too_long)
        return failure(Errc::over_limit,
                       "the line is longer than " + std::to_string(Lines::limit) + " bytes");
    auto asked = CCD_TRY(read_submit(line.text));
    bool has_key = asked.key.has_value();
    Parsed<job::Submit> parsed{.request = std::move(asked), .local = {}};
    auto request = CCD_TRY(completed(parsed, here_));
    if (!has_key) request.key = keys_.next(trimmed(line.text), request.cwd);
    return Entry{.line = line.number, .request = std::move(request), .error = {}};
}

// The batch, until each of its lines is settled. False: it makes no sense to go on.
bool Runner::submit() {
    auto sent = batch_.size();
    for (std::uint32_t tries = 0; !batch_.empty(); ++tries) {
        if (tries > 0) {
            auto delay = asked_.retry_delay;
            for (const auto& entry : batch_)
                delay = std::max(
                    delay, std::min(entry.error->retry_after.value_or(Millis{0}), longest_delay));
            wait(delay);
        }
        auto done = send_round();
        if (!done)
            for (auto& entry : batch_) entry.error = done.error();
        bool is_over = session_.time_left() == Millis{0};
        bool may_pass = done || info_of(done.error().code).may_retry;
        if (tries == asked_.retries || is_over || !may_pass) break;
    }
    // Nothing got through, or nobody is there.
    bool is_out = !batch_.empty() && (batch_.size() == sent || !client_) &&
                  std::ranges::all_of(batch_, [](const Entry& entry) {
                      return !info_of(entry.error->code).may_retry || is_outage(entry.error->code);
                  });
    if (is_out) stopped_by_ = batch_.front().error->message;
    for (const auto& entry : batch_) fail(entry.line, *entry.error);
    batch_.clear();
    return !is_out;
}

// Sends all and takes every answer; what may succeed later stays in the batch, with its error.
Result<void> Runner::send_round() {
    if (!client_) client_ = CCD_TRY(session_.connect());
    client_->set_timeout(session_.call_timeout());
    auto done = exchange(*client_);
    for (const auto& entry : batch_)
        if (entry.error && entry.is_hopeless) fail(entry.line, *entry.error);
    std::erase_if(batch_, [](const Entry& entry) { return !entry.error || entry.is_hopeless; });
    // What is still to come on it would be taken for an answer to nothing.
    if (!done) client_.reset();
    return {};
}

// Refused: the connection is of no more use, and what was not answered has the error.
Result<void> Runner::exchange(client::Client& client) {
    Result<void> done;
    std::vector<std::optional<std::uint64_t>> msgids;
    for (auto& entry : batch_) {
        auto sent = client.send<job::Submit>(entry.request);
        msgids.push_back(sent ? std::optional{*sent} : std::nullopt);
        if (sent) continue;
        if (client.descriptor() < 0) done = tl::unexpected{sent.error()};
        // On a connection that is well it is one that no frame can hold.
        entry.error = std::move(sent.error());
        entry.is_hopeless = done.has_value();
    }
    auto msgid = msgids.begin();
    for (auto& entry : batch_) {
        auto sent = *msgid++;
        if (!sent) continue;
        // One that was too late is waited for, the others are as late.
        bool is_late = !done && done.error().code == Errc::timeout;
        auto reply = is_late ? Result<job::SubmitReply>{tl::unexpected{done.error()}}
                             : client.receive<job::Submit>(*sent);
        if (!reply && (reply.error().code == Errc::timeout || client.descriptor() < 0))
            done = tl::unexpected{reply.error()};
        entry.may_exist |= is_late;
        settle(entry, std::move(reply));
    }
    return done;
}

void Runner::settle(Entry& entry, Result<job::SubmitReply> reply) {
    entry.error.reset();
    if (reply) {
        // Where a try of this run may have created it, that is what it most likely did.
        bool is_new = reply->created || entry.may_exist;
        ++(is_new ? reply_.submitted : reply_.existing);
        return;
    }
    entry.may_exist |= !reply.error().confirmed;
    entry.is_hopeless = !info_of(reply.error().code).may_retry;
    entry.error = std::move(reply.error());
}

void Runner::wait(Millis delay) const {
    wait_for(-1, std::min(delay, session_.time_left().value_or(delay)));
}

void Runner::fail(std::uint64_t line, const Error& error) {
    ++reply_.failed;
    if (reply_.errors.size() == errors_limit) return;
    reply_.errors.push_back(
        {.line = line, .code = std::string{info_of(error.code).name}, .message = error.message});
}

void Runner::show(const Lines& lines) {
    if (!progress_.is_due()) return;
    std::string text;
    if (auto share = lines.share()) text = std::to_string(static_cast<int>(*share * 100)) + " %  ";
    text += "line " + std::to_string(last_line_) + "  submitted " +
            std::to_string(reply_.submitted) + "  existing " + std::to_string(reply_.existing) +
            "  failed " + std::to_string(reply_.failed);
    progress_.show(text);
}

int Runner::report() {
    progress_.clear();
    std::ranges::stable_sort(reply_.errors, {}, &job::LineError::line);
    if (!stopped_by_.empty())
        session_.remark("stopped at line " + std::to_string(last_line_) + ": " + stopped_by_ +
                        "; run it again to go on");
    int code = session_.show(session_.text_of<job::Batch>(reply_));
    if (code != 0) return code;
    return reply_.failed > 0 ? 1 : 0;
}

}  // namespace

std::string LineKeys::next(std::string_view line, std::string_view cwd) {
    auto place = hash_of(std::string_view{"\0", 1}, hash_of(cwd, hash_begin));
    auto first = hash_of(line, place);
    // Backwards it is another hash, so that the two together are one of 128 bits.
    auto second = hash_of(std::string{line.rbegin(), line.rend()}, ~place);
    auto before = times_[first]++;
    constexpr std::string_view digits{"0123456789abcdef"};
    std::string key{"batch-"};
    for (auto part : {first, second})
        for (int shift = 60; shift >= 0; shift -= 4) key.push_back(digits[(part >> shift) & 15]);
    return before == 0 ? key : key + "-" + std::to_string(before);
}

Result<job::SubmitRequest> read_submit(std::string_view line) {
    Json json;
    try {
        json = Json::parse(line);
    } catch (const Json::parse_error& error) {
        return failure(Errc::bad_request,
                       "is no JSON from byte " + std::to_string(error.byte) + " on");
    }
    return from_json<job::SubmitRequest, job::Submit::request_fields>(json);
}

int run(job::Batch, const Session& session, const Parsed<job::Batch>& parsed) {
    const auto& asked = parsed.request;
    if (asked.batch_size == 0 || asked.batch_size > batch_limit)
        return session.fail(
            {.code = Errc::bad_request,
             .message = "--batch-size must be from 1 to " + std::to_string(batch_limit)});
    if (asked.retries > retries_limit)
        return session.fail(
            {.code = Errc::bad_request,
             .message = "--retries must be at most " + std::to_string(retries_limit)});
    auto here = surroundings_of_process();
    if (!here) return session.fail(here.error());
    auto lines = Lines::open(asked.file);
    if (!lines) return session.fail(lines.error());
    Runner runner{session, asked, *std::move(here)};
    auto done = runner.run(*lines);
    if (!done) return session.fail(done.error());
    return runner.report();
}

}  // namespace ccd::ctl
