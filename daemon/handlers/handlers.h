// One handler a command. A command without one does not build.
//
// A handler that yields an empty optional has asked for something; the reply follows when that is
// there (answers.h).
#pragma once

#include <optional>

#include "ccd/commands.h"
#include "daemon/handlers/context.h"

namespace ccd::handlers {

Result<std::optional<job::SubmitReply>> handle(job::Submit, Context&, const job::SubmitRequest&);
Result<std::optional<job::PageReply>> handle(job::Status, Context&, const job::IdsRequest&);
Result<std::optional<job::PageReply>> handle(job::List, Context&, const job::ListRequest&);
Result<std::optional<job::LogsReply>> handle(job::Logs, Context&, const job::LogsRequest&);
Result<std::optional<job::JobsReply>> handle(job::Wait, Context&, const job::WaitRequest&);
Result<std::optional<job::JobsReply>> handle(job::Cancel, Context&, const job::CancelRequest&);
Result<std::optional<job::JobsReply>> handle(job::Hold, Context&, const job::IdsRequest&);
Result<std::optional<job::JobsReply>> handle(job::Release, Context&, const job::IdsRequest&);
Result<std::optional<job::JobsReply>> handle(job::Signal, Context&, const job::SignalRequest&);
Result<std::optional<job::JobsReply>> handle(job::Retry, Context&, const job::RetryRequest&);
Result<std::optional<job::JobsReply>> handle(job::Set, Context&, const job::SetRequest&);
Result<std::optional<job::WhyReply>> handle(job::Why, Context&, const job::WhyRequest&);
Result<std::optional<job::Event>> handle(job::Events, Context&, const job::EventsRequest&);
Result<queue::CreateReply> handle(queue::Create, Context&, const queue::CreateRequest&);
Result<queue::ListReply> handle(queue::List, Context&, const queue::ListRequest&);
Result<queue::View> handle(queue::Stat, Context&, const queue::NameRequest&);
Result<queue::DestroyReply> handle(queue::Destroy, Context&, const queue::NameRequest&);
Result<std::optional<queue::AttachReply>> handle(queue::Attach, Context&,
                                                 const queue::AttachRequest&);
Result<Nothing> handle(queue::Detach, Context&, const queue::DetachRequest&);
Result<host::GpusReply> handle(host::Gpus, Context&, const Nothing&);
Result<host::StatsReply> handle(host::Stats, Context&, const Nothing&);
Result<host::HealthReply> handle(host::Health, Context&, const Nothing&);
Result<host::VersionReply> handle(host::Version, Context&, const Nothing&);
Result<Nothing> handle(host::Ping, Context&, const Nothing&);
Result<admin::HelloReply> handle(admin::Hello, Context&, const admin::HelloRequest&);
Result<std::optional<admin::CheckReply>> handle(admin::Check, Context&, const admin::CheckRequest&);
Result<admin::DrainReply> handle(admin::Drain, Context&, const Nothing&);
Result<admin::DrainReply> handle(admin::Resume, Context&, const Nothing&);

}  // namespace ccd::handlers
