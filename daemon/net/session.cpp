#include "daemon/net/session.h"

#include <cerrno>
#include <utility>

#include "daemon/net/clients.h"

namespace ccd::net {

Session::Session(Clients& clients, loop::Loop& loop, std::uint64_t id, UniqueFd socket, Peer peer)
    : clients_(clients),
      id_(id),
      socket_(std::move(socket)),
      peer_(peer),
      poll_(
          loop, socket_.get(), [this] { read(); }, [this] { clients_.touch(*this); }) {}

void Session::read() {
    auto received = receive(socket_.get(), clients_.read_buffer());
    clients_.touch(*this);
    if (received.size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // Too many descriptors are no accident.
    if (received.size <= 0 || received.too_many_descriptors) {
        is_broken_ = true;
        return;
    }
    if (!is_taking_) return;
    // Only a few are kept, for the frame that they came with; others are closed.
    for (auto& descriptor : received.descriptors) passed_.push_back(std::move(descriptor));
    if (passed_.size() > descriptor_limit)
        passed_.erase(passed_.begin(), passed_.end() - descriptor_limit);
    decoder_.feed({clients_.read_buffer().data(), static_cast<std::size_t>(received.size)});
    take_frames();
}

bool Session::is_full() const {
    return unsent() > clients_.unsent_limit() || attached_.size() >= attached_limit;
}

void Session::take_frames() {
    while (is_taking_) {
        if (is_full()) {
            // The rest is taken when the peer has read.
            decoder_.keep();
            is_paused_ = true;
            return;
        }
        auto frame = decoder_.next();
        if (!frame) {
            clients_.refuse(*this, frame.error());
            return;
        }
        if (!*frame) {  // incomplete: the rest comes with a later read
            // Descriptors come with the first byte of their frame.
            if (!decoder_.is_partial()) passed_.clear();
            return;
        }
        made_progress_ = true;
        clients_.handle(*this, **frame);
        if (is_waiting()) return decoder_.keep();
    }
}

void Session::go_on() {
    if (!is_waiting()) return;
    auto body = std::exchange(put_off_, {});
    clients_.touch(*this);
    clients_.handle(*this, body);
    if (!is_waiting()) take_frames();
}

bool Session::send_some() {
    auto end = out_.size();
    std::size_t count = 0;
    if (!attached_.empty() && attached_.front().at > sent_)
        end = attached_.front().at;
    else if (!attached_.empty())
        count = 1;
    // Those of one frame go alone, so that nothing can be attached beyond the end of its frame.
    if (count == 1 && attached_.size() > 1) end = attached_[1].at;
    std::span<const UniqueFd> descriptors;
    if (count == 1) descriptors = attached_.front().descriptors;
    auto size = send(socket_.get(), {out_.data() + sent_, end - sent_}, descriptors);
    if (size < 0) {
        is_broken_ = errno != EAGAIN && errno != EINTR && errno != ENOBUFS;
        return false;
    }
    if (count == 1) attached_.pop_front();
    sent_ += static_cast<std::size_t>(size);
    made_progress_ = true;
    return sent_ < out_.size();
}

void Session::flush(Now now) {
    while (!is_broken_ && unsent() > 0 && send_some()) {
    }
    if (sent_ == out_.size()) {
        out_.clear();
        sent_ = 0;
        if (out_.capacity() > unsent_limit / 16) out_.shrink_to_fit();
    } else if (sent_ > unsent_limit / 4) {
        out_.erase(0, sent_);
        for (auto& attached : attached_) attached.at -= sent_;
        sent_ = 0;
    }
    if (is_paused_ && !is_waiting() && unsent() < clients_.unsent_limit() / 2 &&
        attached_.size() < attached_limit / 2) {
        is_paused_ = false;
        take_frames();
        clients_.touch(*this);
    }
    using Watch = loop::Poll::Watch;
    auto is_read = !is_paused_ && !is_waiting();
    if (unsent() > 0)
        poll_.watch(is_read ? Watch::both : Watch::writable);
    else
        poll_.watch(is_read ? Watch::readable : Watch::none);
    set_deadline(now);
}

void Session::set_deadline(Now now) {
    auto is_due = (decoder_.is_partial() && !is_waiting()) || unsent() > 0;
    if (!is_due)
        deadline_.reset();
    else if (!deadline_ || made_progress_)
        deadline_ = now.time + (unsent() > 0 ? reading_timeout : frame_timeout);
    made_progress_ = false;
}

}  // namespace ccd::net
