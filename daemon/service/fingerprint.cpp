#include "daemon/service/fingerprint.h"

#include <string_view>

namespace ccd::service {
namespace {

// FNV-1a, 64 bits (Fowler, Noll and Vo; RFC 9923).
class Hash {
public:
    void add(std::string_view bytes) {
        add(bytes.size());
        for (auto byte : bytes) step(static_cast<unsigned char>(byte));
    }
    void add(std::uint64_t number) {
        for (int i = 0; i < 8; ++i, number >>= 8) step(number & 0xff);
    }
    template <class Items>
    void add_all(const Items& items) {
        add(items.size());
        for (const auto& item : items) add(item);
    }

    std::uint64_t value() const { return value_; }

private:
    void step(std::uint64_t byte) { value_ = (value_ ^ byte) * 0x100'0000'01b3; }

    std::uint64_t value_ = 0xcbf2'9ce4'8422'2325;
};

std::uint64_t number(std::int64_t value) {
    return static_cast<std::uint64_t>(value);
}

void add(Hash& hash, const store::JobOptions& options) {
    hash.add(options.stdin_file);
    hash.add_all(options.gpu);
    hash.add_all(options.tags);
    hash.add_all(options.properties);
    hash.add_all(options.after);
    hash.add_all(options.after_any);
    hash.add(number(options.warn_signal));
    hash.add(number(options.warn_before.count()));
    hash.add(options.max_retries);
    hash.add(number(options.retry_delay.count()));
    hash.add(options.retry_on);
}

}  // namespace

// What a later release adds is hashed only where it is not what it is by itself: a key must stay
// known over an upgrade.
std::uint64_t fingerprint_of(const store::JobRow& row) {
    Hash hash;
    hash.add(static_cast<std::uint64_t>(row.job_class));
    hash.add(std::uint64_t{row.exclusive});
    hash.add(row.umask);
    hash.add(row.gpu_count);
    hash.add(row.cpus);
    hash.add(row.vram.count);
    hash.add(row.memory.count);
    hash.add(number(row.time_limit.value_or(Millis{-1}).count()));
    hash.add(row.argv);
    hash.add(row.cwd);
    hash.add(row.name);
    hash.add(row.pool);
    hash.add(row.array_index);
    hash.add(row.array_size);
    hash.add(row.array_limit);
    add(hash, *row.options);
    return hash.value() == 0 ? 1 : hash.value();
}

}  // namespace ccd::service
