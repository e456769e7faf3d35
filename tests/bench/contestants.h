// The makers of contestants, one for each case; ours is named `ourselves`, the others by the
// peers of the variant. Each refuses with `not_found` what is not installed.
#pragma once

#include "tests/bench/variant.h"

namespace ccd::bench {

using MadeContestant = Result<std::unique_ptr<Contestant>>;

MadeContestant make_rpc(const Variant& variant, std::string_view who, const Setting& setting);
MadeContestant make_submit(const Variant& variant, std::string_view who, const Setting& setting);
MadeContestant make_submit_cli(const Variant& variant, std::string_view who,
                               const Setting& setting);
MadeContestant make_jobs(const Variant& variant, std::string_view who, const Setting& setting);
MadeContestant make_latency(const Variant& variant, std::string_view who, const Setting& setting);
MadeContestant make_scale(const Variant& variant, std::string_view who, const Setting& setting);
MadeContestant make_queue(const Variant& variant, std::string_view who, const Setting& setting);
MadeContestant make_idle(const Variant& variant, std::string_view who, const Setting& setting);

}  // namespace ccd::bench
