// When the cards are looked at, and what the rules are told of what was seen.
//
// Only a live probe is asked again. How soon depends on what hangs on the answer: the memory of a
// job that has ended, use that is not known yet, somebody who waits, or nothing.
#include <algorithm>

#include "daemon/daemon.h"
#include "daemon/sys/log.h"

namespace ccd::daemon {
namespace {

constexpr Millis look_interval{10'000};
// While jobs wait: it may be others' use of a card that ends.
constexpr Millis awaited_interval{2'000};
// While something is not back: doubled each time.
constexpr Millis shortest_look_pause{50};
constexpr Millis longest_look_pause{2'000};
// How often use that is not known yet is looked at before it counts as known.
constexpr int looks_to_settle = 4;
// A look that takes longer counts as hanging.
constexpr Millis look_patience{5'000};

}  // namespace

void Daemon::watch_cards() {
    watcher_ = std::make_unique<gpu::Watcher>(make_probe(), [this] { cards_wake_.wake(); });
}

void Daemon::look_at_cards() {
    auto now = loop_.now().time;
    auto asked_at = watcher_->asked_at();
    if (asked_at && *asked_at + look_patience <= now) {
        pause_cards("the driver has not answered for " +
                    std::to_string(look_patience.count() / 1000) + " s");
        cards_are_looked_at();
    }
    watcher_->request(now);
    if (watcher_->is_live()) look_in(look_patience);
}

void Daemon::look_in(Millis pause) {
    look_due_ = loop_.now().time + pause;
    look_timer_.set(pause);
}

// A job on them has ended.
void Daemon::hurry_cards() {
    look_pause_ = shortest_look_pause;
    look_at_cards();
}

// One has begun that may have declared no memory: its use is to be known soon. Others who begin
// meanwhile must not put that off.
void Daemon::watch_settling() {
    auto is_busy = watcher_->asked_at() || service_.ledger.is_leaving();
    if (!watcher_->is_live() || is_busy || !service_.ledger.is_settling()) return;
    auto pause = next_look();
    if (loop_.now().time + pause < look_due_) look_in(pause);
}

void Daemon::on_cards() {
    auto look = watcher_->take();
    if (!look) return;
    if (*look)
        show_cards(**look);
    else
        pause_cards(look->error().message);
    if (watcher_->is_live()) look_in(next_look());
    cards_are_looked_at();
}

void Daemon::show_cards(const std::vector<gpu::Device>& devices) {
    card_nodes_.clear();
    for (const auto& device : devices)
        if (!device.node.empty()) card_nodes_[device.uuid] = device.node;
    if (is_cards_trouble_told_) sys::log(sys::Priority::notice, "cards are given out again");
    is_cards_trouble_told_ = false;
    std::vector<service::CardFound> found;
    for (const auto& device : devices) found.push_back(found_card(device));
    service_.ledger.set_cards(found, watcher_->answered());
    service_.jobs.look_again();
    tell_quarantine();
}

void Daemon::tell_quarantine() {
    std::set<std::string> now;
    for (const auto& gpu : service_.ledger.view()) {
        if (gpu.state != "quarantined") continue;
        now.insert(gpu.uuid);
        if (!quarantined_.contains(gpu.uuid))
            sys::log(sys::Priority::warning, "GPU " + std::to_string(gpu.index) + " (" + gpu.uuid +
                                                 ") is quarantined: " + gpu.reason.value_or(""));
    }
    for (const auto& uuid : quarantined_)
        if (!now.contains(uuid))
            sys::log(sys::Priority::notice, "GPU " + uuid + " is quarantined no more");
    quarantined_ = std::move(now);
}

service::CardFound Daemon::found_card(const gpu::Device& device) {
    service::CardFound card{.index = device.index,
                            .uuid = device.uuid,
                            .name = device.name,
                            .memory = device.memory,
                            .used = device.used,
                            .utilization_percent = device.utilization_percent,
                            .processes = {},
                            .has_process_list = device.has_process_list};
    for (const auto& process : device.processes) {
        host::GpuProcess row{.pid = process.pid, .memory = process.memory};
        if (const auto& owner = process.owner) {
            learn_user(owner->uid);
            row.uid = owner->uid;
            row.user = users_.name_of(owner->uid);
            if (auto attempt = executor_->owner_of(owner->units, owner->ancestors))
                row.job = attempt->job;
        }
        card.processes.push_back(std::move(row));
    }
    return card;
}

void Daemon::pause_cards(const std::string& why) {
    if (service_.ledger.paused() != why)
        sys::log(sys::Priority::warning, "no card is given out: " + why + "; retrying");
    is_cards_trouble_told_ = true;
    service_.ledger.pause_cards(why);
}

Millis Daemon::next_look() {
    if (service_.ledger.is_leaving())
        return std::exchange(look_pause_, std::min(look_pause_ * 2, longest_look_pause));
    auto pause = service_.jobs.stats(loop_.now()).queued > 0 ? awaited_interval : look_interval;
    if (service_.ledger.is_settling())
        pause = std::clamp(config_.gpu_settle / looks_to_settle, shortest_look_pause, pause);
    return pause;
}

void Daemon::cards_are_looked_at() {
    if (!std::exchange(has_looked_at_cards_, true)) show_pause();
    become_ready();
}

}  // namespace ccd::daemon
