#include "daemon/exec/sealed_spec.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <vector>

#include "daemon/exec/spec.h"
#include "daemon/loop/loop.h"

namespace ccd::exec {
namespace {

template <class Number>
void put_number(std::string& bytes, Number number) {
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void put_string(std::string& bytes, std::string_view text) {
    put_number(bytes, static_cast<std::uint32_t>(text.size()));
    bytes.append(text).push_back('\0');
}

void put_strings(std::string& bytes, const std::vector<std::string>& texts) {
    put_number(bytes, static_cast<std::uint32_t>(texts.size()));
    for (const std::string& text : texts) put_string(bytes, text);
}

}  // namespace

Result<std::string> encode_spec(const Launch& launch, std::string_view boot_id) {
    std::string bytes{spec_magic};
    put_number(bytes, spec_version);
    put_number(bytes, launch.umask);
    put_number(bytes, static_cast<std::int64_t>(launch.stop_grace.count()));
    put_string(bytes, launch.attempt.nonce);
    put_string(bytes, boot_id);
    put_string(bytes, launch.cwd);
    put_string(bytes, launch.stdin_file);
    put_strings(bytes, launch.argv);
    put_strings(bytes, launch.environment);
    if (bytes.size() > spec_limit)
        return failure(Errc::over_limit, "arguments and environment are " +
                                             std::to_string(bytes.size()) +
                                             " bytes, the limit is " + std::to_string(spec_limit));
    if (!parse_spec(bytes))
        return failure(Errc::bad_request, "arguments or environment are malformed");
    return bytes;
}

Result<UniqueFd> seal_spec(const Launch& launch, std::string_view boot_id) {
    std::string bytes = CCD_TRY(encode_spec(launch, boot_id));
    UniqueFd memory{memfd_create("ccd-spec", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memory) return tl::unexpected{loop::error_from(-errno, "memfd_create")};
    ssize_t written = write(memory.get(), bytes.data(), bytes.size());
    if (written != static_cast<ssize_t>(bytes.size()))
        return tl::unexpected{
            loop::error_from(written < 0 ? -errno : -ENOMEM, "cannot pass the spec")};
    if (fcntl(memory.get(), F_ADD_SEALS,
              F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
        return tl::unexpected{loop::error_from(-errno, "cannot seal the spec")};
    return memory;
}

}  // namespace ccd::exec
