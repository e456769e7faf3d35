#include "tests/stress/queue/book.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <cmath>

#include "tests/harness/error.h"

namespace ccd::stress {
namespace {

// A mark: how often the letter was got, and what else is known of it.
constexpr std::uint8_t times_mask = 0x3f;
constexpr std::uint8_t is_forsaken = 0x40;
constexpr std::uint8_t is_put = 0x80;

constexpr std::size_t head_size = alignof(Place);

}  // namespace

std::string_view describe(Act act) {
    switch (act) {
        case Act::none:
            return "between two acts";
        case Act::putting:
            return "putting";
        case Act::peeking:
            return "peeking";
        case Act::holding:
            return "holding a letter";
        case Act::copying:
            return "getting";
    }
    return "doing something unknown";
}

void SharedHistogram::record(harness::Nanos time) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 1));
    const auto octave = static_cast<unsigned>(std::bit_width(value) - 1);
    const auto below_first =
        octave > octave_bits ? value >> (octave - octave_bits) : value << (octave_bits - octave);
    const auto part = below_first & ((1U << octave_bits) - 1);
    counts_[octave << octave_bits | part].fetch_add(1, std::memory_order_relaxed);
}

void SharedHistogram::add_to(harness::Histogram& histogram) const {
    for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
        const auto count = counts_[bucket].load(std::memory_order_relaxed);
        if (count == 0) continue;
        const auto part = (bucket & ((1U << octave_bits) - 1)) + (1U << octave_bits);
        const auto slowest = std::ldexp(static_cast<double>(part + 1),
                                        static_cast<int>(bucket >> octave_bits) - int{octave_bits});
        histogram.record(harness::Nanos{static_cast<std::int64_t>(slowest)}, count);
    }
}

// The kernel has zeroed it: words that are trivial but for their atomicity are live objects there.
Result<Book> Book::open(std::size_t places, std::uint64_t letters_each) {
    const auto size = head_size + places * (sizeof(Place) + letters_each);
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return harness::failure_from(errno, "no memory for a book");
    return Book{{static_cast<std::byte*>(memory), size}, places, letters_each};
}

Book::Book(std::span<std::byte> memory, std::size_t places, std::uint64_t letters_each)
    : memory_(memory),
      places_(reinterpret_cast<Place*>(memory.data() + head_size), places),
      letters_each_(letters_each) {}

Book::~Book() {
    if (!memory_.empty()) ::munmap(memory_.data(), memory_.size());
}

std::atomic<std::uint32_t>& Book::over_flag() const {
    return *reinterpret_cast<std::atomic<std::uint32_t>*>(memory_.data());
}

Book::Mark& Book::mark(std::uint32_t sender, std::uint64_t number) const {
    assert(sender < places_.size() && number < letters_each_);
    const auto at = head_size + places_.size_bytes() + sender * letters_each_ + number;
    return *reinterpret_cast<Mark*>(memory_.data() + at);
}

void Book::note_put(std::uint32_t sender, std::uint64_t number) {
    mark(sender, number).fetch_or(is_put);
}

void Book::note_got(std::uint32_t sender, std::uint64_t number) {
    mark(sender, number).fetch_add(1);
}

void Book::note_forsaken(std::uint32_t sender, std::uint64_t number) {
    mark(sender, number).fetch_or(is_forsaken);
}

Inventory Book::inventory(std::uint64_t queue, std::uint64_t queues) const {
    Inventory found;
    for (std::uint32_t sender = 0; sender < places_.size(); ++sender)
        for (auto number = queue; number < places_[sender].begun; number += queues) {
            const auto seen = mark(sender, number).load();
            const auto times = seen & times_mask;
            ++((seen & is_put) != 0 ? found.put : found.open);
            if (times > 0) ++found.got;
            if (times > 1) found.again += static_cast<std::uint64_t>(times - 1);
            if ((seen & is_forsaken) != 0) ++found.forsaken;
            if (seen == is_put) ++found.missing;
        }
    return found;
}

std::uint64_t Book::sum(Place::Number Place::*number) const {
    std::uint64_t sum = 0;
    for (const auto& place : places_) sum += (place.*number).load();
    return sum;
}

Tally Book::tally() const {
    Tally tally;
    for (const auto& place : places_) {
        tally.operations += place.put + place.got + place.errors;
        tally.failed += place.errors;
        place.latency.add_to(tally.latency);
        if (tally.first_error.empty()) tally.first_error = place.first_error.data();
    }
    return tally;
}

void complain(Place& place, std::string_view what) {
    if (place.errors == 0) {
        const auto kept = what.substr(0, place.first_error.size() - 1);
        std::ranges::copy(kept, place.first_error.begin());
    }
    ++place.errors;
}

}  // namespace ccd::stress
