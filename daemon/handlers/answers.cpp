#include "daemon/handlers/answers.h"

#include <algorithm>
#include <iterator>

#include "daemon/handlers/ask.h"
#include "daemon/handlers/encode.h"
#include "daemon/handlers/submitted.h"
#include "daemon/handlers/view.h"

namespace ccd::handlers {
namespace {

std::vector<const store::JobRow*> pointers_to(const std::vector<store::JobRow>& rows) {
    std::vector<const store::JobRow*> pointers;
    for (const auto& row : rows) pointers.push_back(&row);
    return pointers;
}

// One overload a purpose: the reply, or an empty optional for none yet.
class Completion {
public:
    Completion(Context& context, store::Answer answer, std::string& out)
        : context_(context), answer_(std::move(answer)), out_(out) {}

    Outcome operator()(service::AskStatus& asked) {
        const auto& ids = asked.request.ids;
        for (auto id : next_part(ids, asked.found.size()).ids) {
            auto row = std::ranges::find(answer_.jobs, id, &store::JobRow::id);
            if (row == answer_.jobs.end()) return refuse(context_.service.jobs.missing(id));
            asked.found.push_back(*row);
        }
        leave_out_commands(asked.found);
        if (asked.found.size() < ids.size()) {
            auto rest = next_part(ids, asked.found.size());
            return ask(std::move(rest), std::move(asked));
        }
        return send<job::Status>(
            {.jobs = views_of(pointers_to(asked.found), context_), .total = ids.size()});
    }

    Outcome operator()(service::AskList& asked) {
        // Nobody learns by asking which tags the jobs of others have.
        if (!asked.page.tag.empty())
            std::erase_if(answer_.jobs, [&](const auto& row) {
                return !service::owns(context_.caller, row.uid);
            });
        std::ranges::move(answer_.jobs, std::back_inserter(asked.found));
        leave_out_commands(asked.found);
        if (answer_.is_partial && asked.found.size() < asked.page.limit) {
            auto rest = next_part(asked.page, asked.found.size());
            rest.before = answer_.next;
            return ask(std::move(rest), std::move(asked));
        }
        return send<job::List>(
            {.jobs = views_of(pointers_to(asked.found), context_), .total = answer_.total});
    }

    Outcome operator()(service::AskWait&) {
        auto rows = context_.service.waits.settle(context_.ticket, std::move(answer_),
                                                  context_.service.is_store_up());
        if (!rows) return refuse(rows.error());
        if (!*rows) return later();
        return send<job::Wait>({.jobs = views_of(pointers_to(**rows), context_)});
    }

    Outcome operator()(service::AskWhy& asked) {
        if (answer_.jobs.empty()) return refuse(context_.service.jobs.missing(asked.request.id));
        auto job = views_of({&answer_.jobs.front()}, context_).front();
        return send<job::Why>({.id = job.id, .state = job.state, .reason = std::move(job.reason)});
    }

    Outcome operator()(service::AskLogs& asked) {
        auto id = asked.request.id;
        if (answer_.jobs.empty()) return refuse(context_.service.jobs.missing(id));
        const auto& row = answer_.jobs.front();
        if (!service::owns(context_.caller, row.uid))
            return refuse({.code = Errc::denied,
                           .message = "the output of job " + std::to_string(id) + " is for uid " +
                                      std::to_string(row.uid)});
        auto attempt = asked.request.attempt.value_or(row.progress.attempt);
        if (attempt == 0 || attempt > row.progress.attempt)
            return refuse(
                {.code = Errc::conflict,
                 .message = attempt == 0 ? "job " + std::to_string(id) + " has not started yet"
                                         : "job " + std::to_string(id) + " has had " +
                                               std::to_string(row.progress.attempt) + " attempts"});
        context_.service.decide(
            service::OpenLog{.ticket = context_.ticket,
                             .reply = {.id = id, .attempt = attempt, .state = row.progress.state}});
        return later();
    }

    Outcome operator()(service::AskSubmit& asked) {
        auto demand = service::demand_of(asked.row);
        auto submitted = submit(std::move(asked));
        if (!submitted) return refuse(submitted.error());
        if (!*submitted) return later();
        return send<job::Submit>(reply_to(**submitted, demand, context_));
    }

    Outcome operator()(service::AskRetry& asked) {
        if (auto queued = retry(asked.request); !queued) return refuse(queued.error());
        return send<job::Retry>(jobs_reply(asked.request.ids, context_));
    }

    Outcome operator()(service::AskEvents& asked) {
        context_.service.events.deliver(context_.ticket, asked.number, answer_);
        return later();
    }

    Outcome operator()(service::AskExpired&) {
        if (context_.service.is_store_up()) context_.service.history.deliver(answer_, context_.now);
        return later();
    }

    Outcome operator()(service::AskCheck& asked) {
        if (context_.service.is_store_up())
            context_.service.check.deliver(asked.number, std::move(answer_), context_.now);
        return later();
    }

    Outcome refuse(const Error& error) {
        put_error_frame(out_, context_.ticket.msgid, error);
        return {.is_error = true, .msgid = context_.ticket.msgid};
    }

private:
    Result<std::optional<service::Submitted>> submit(service::AskSubmit asked) {
        auto* durable = CCD_TRY(context_.durable());
        return durable->jobs.submit_checked(std::move(asked), answer_, context_.ticket,
                                            context_.caller, context_.now);
    }

    Result<void> retry(const job::RetryRequest& request) {
        for (auto id : request.ids)
            if (std::ranges::find(answer_.jobs, id, &store::JobRow::id) == answer_.jobs.end())
                return tl::unexpected{context_.service.jobs.missing(id)};
        auto is_left_out = [](const store::JobRow& row) { return row.argv.empty(); };
        if (std::ranges::any_of(answer_.jobs, is_left_out))
            return failure(Errc::over_limit,
                           "the commands of these jobs are too long to be tried again at once: "
                           "name fewer jobs");
        auto* durable = CCD_TRY(context_.durable());
        auto environment = CCD_TRY(environment_for(request));
        return durable->jobs.retry(answer_.jobs, join_strings(environment), context_.caller,
                                   context_.now);
    }

    // Nothing of an administrator's gets into the jobs of others: secrets, or places of his.
    Result<std::vector<std::string>> environment_for(const job::RetryRequest& request) const {
        auto uid = answer_.jobs.front().uid;
        auto is_his = [uid](const store::JobRow& row) { return row.uid == uid; };
        if (!std::ranges::all_of(answer_.jobs, is_his))
            return failure(Errc::bad_request,
                           "these are jobs of several users: try those of each again alone, for "
                           "they are given his environment");
        if (uid == context_.caller.uid) return request.env;
        if (auto environment = context_.host.environment_of(uid)) return *std::move(environment);
        return failure(Errc::conflict, "uid " + std::to_string(uid) +
                                           " is being looked up, for the jobs are given his "
                                           "environment; ask again in a moment");
    }

    // Those that no frame has room for, and those of others, so that they are not all in memory.
    void leave_out_commands(std::vector<store::JobRow>& rows) const {
        std::size_t commands = 0;
        for (auto& row : rows) {
            auto is_own = service::owns(context_.caller, row.uid);
            if (is_own) commands += row.argv.size();
            if (!is_own || commands > wire::frame_limit) row.argv = {};
        }
    }

    Outcome ask(store::Query query, service::Purpose purpose) {
        context_.service.decide(service::Ask{.ticket = context_.ticket,
                                             .caller = context_.caller,
                                             .query = std::move(query),
                                             .purpose = std::move(purpose),
                                             .asked_at = context_.asked_at});
        return later();
    }

    template <class Command>
    Outcome send(const typename Command::Reply& reply) {
        auto is_whole = put_reply_frame<Command>(out_, context_.ticket.msgid, reply);
        return {.is_error = !is_whole,
                .depends_on = context_.depends_on,
                .msgid = context_.ticket.msgid};
    }

    Outcome later() const { return {.what = Outcome::What::later, .msgid = context_.ticket.msgid}; }

    Context& context_;
    store::Answer answer_;
    std::string& out_;
};

}  // namespace

Outcome complete(Context& context, service::Purpose purpose, Result<store::Answer> answer,
                 std::string& out) {
    if (!answer) {
        if (std::holds_alternative<service::AskExpired>(purpose))
            context.service.history.failed(context.now);
        if (const auto* check = std::get_if<service::AskCheck>(&purpose))
            context.service.check.deliver(check->number, tl::unexpected{answer.error()},
                                          context.now);
        if (!service::has_asker(purpose))
            return {.what = Outcome::What::later, .msgid = context.ticket.msgid};
        context.service.waits.forget(context.ticket);
        return Completion{context, {}, out}.refuse(answer.error());
    }
    return std::visit(Completion{context, std::move(*answer), out}, purpose);
}

}  // namespace ccd::handlers
