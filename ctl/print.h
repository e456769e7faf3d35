// Replies for people: a list of names and values, or a table where a reply is a list of things.
//
// One `print` per reply that wants more than the general form; the general one takes the rest.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ccd/admin.h"
#include "ccd/batch.h"
#include "ccd/host.h"
#include "ccd/job.h"
#include "ccd/queue.h"
#include "ctl/cell.h"
#include "ctl/look.h"

namespace ccd::ctl {

using Pairs = std::vector<std::pair<std::string_view, std::string>>;

// A line per pair, values under each other; long ones go on in the next line. Empty values are
// left out.
std::string listing(const Pairs& pairs, const Look& look);

template <const auto& fields, class T>
Pairs pairs_of(const T& value) {
    Pairs pairs;
    field::for_each(fields, [&](const auto& field) {
        pairs.emplace_back(field.name, text_of(value.*field.member));
    });
    return pairs;
}

std::string print_jobs(const std::vector<job::View>& jobs, const Look& look);
// Says it where there are more.
std::string print_page(const job::PageReply& page, const Look& look);
// What is not finished, those that run apart from those that wait.
std::string print_unfinished(const job::PageReply& page, const Look& look);
// All that is known of one.
std::string print_job(const job::View& job, const Look& look);

template <class Command>
std::string print(Command, const typename Command::Reply& reply, const Look& look) {
    if constexpr (std::same_as<typename Command::Reply, job::JobsReply>)
        return print_jobs(reply.jobs, look);
    else if constexpr (std::same_as<typename Command::Reply, job::PageReply>)
        return print_page(reply, look);
    else
        return listing(pairs_of<Command::reply_fields>(reply), look);
}

std::string print(job::Why, const job::WhyReply& reply, const Look& look);
// One line; nothing for a heartbeat.
std::string print(job::Events, const job::Event& event, const Look& look);
// The counts, then a line per error.
std::string print(job::Batch, const job::BatchReply& reply, const Look& look);
// What was looked at, and what does not fit.
std::string print(admin::Check, const admin::CheckReply& reply, const Look& look);
std::string print(host::Gpus, const host::GpusReply& reply, const Look& look);
std::string print(queue::List, const queue::ListReply& reply, const Look& look);
std::string print(host::Health, const host::HealthReply& reply, const Look& look);

}  // namespace ccd::ctl
