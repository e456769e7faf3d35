#include "tests/daemon/store/fault_vfs.h"

#include <sqlite3.h>

#include <new>

namespace ccd::store {
namespace {

// SQLite reserves room for this and, behind it, for the file of the real VFS.
struct FaultFile {
    sqlite3_file base;
    FaultVfs* owner;

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

FaultFile& of(sqlite3_file* file) {
    return *reinterpret_cast<FaultFile*>(file);
}

int close(sqlite3_file* file) {
    sqlite3_file* real = of(file).real();
    return real->pMethods->xClose(real);
}

int read(sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
    sqlite3_file* real = of(file).real();
    return real->pMethods->xRead(real, into, size, at);
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
    FaultFile& ours = of(file);
    sqlite3_file* real = ours.real();
    if (!ours.owner->fails(Call::write)) return real->pMethods->xWrite(real, from, size, at);
    switch (ours.owner->fault()) {
        case Fault::full:
            return SQLITE_FULL;
        case Fault::tear:
            real->pMethods->xWrite(real, from, size / 2, at);
            return SQLITE_IOERR_WRITE;
        default:
            return SQLITE_IOERR_WRITE;
    }
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    FaultFile& ours = of(file);
    if (ours.owner->fails(Call::truncate)) return SQLITE_IOERR_TRUNCATE;
    return ours.real()->pMethods->xTruncate(ours.real(), size);
}

int sync(sqlite3_file* file, int) {
    return of(file).owner->fails(Call::sync) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
    sqlite3_file* real = of(file).real();
    return real->pMethods->xFileSize(real, size);
}

int lock(sqlite3_file* file, int level) {
    sqlite3_file* real = of(file).real();
    return real->pMethods->xLock(real, level);
}

int unlock(sqlite3_file* file, int level) {
    sqlite3_file* real = of(file).real();
    return real->pMethods->xUnlock(real, level);
}

int check_reserved_lock(sqlite3_file* file, int* is_reserved) {
    sqlite3_file* real = of(file).real();
    return real->pMethods->xCheckReservedLock(real, is_reserved);
}

int file_control(sqlite3_file* file, int operation, void* argument) {
    sqlite3_file* real = of(file).real();
    return real->pMethods->xFileControl(real, operation, argument);
}

int sector_size(sqlite3_file* file) {
    sqlite3_file* real = of(file).real();
    return real->pMethods->xSectorSize(real);
}

int device_characteristics(sqlite3_file* file) {
    sqlite3_file* real = of(file).real();
    return real->pMethods->xDeviceCharacteristics(real);
}

// Version 1 has neither shared memory nor mmap: whoever needs them fails here.
constexpr sqlite3_io_methods methods{
    .iVersion = 1,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
};

int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
    auto* owner = static_cast<FaultVfs*>(vfs->pAppData);
    auto* ours = new (file) FaultFile{.base = {}, .owner = owner};
    if (owner->fails(Call::open)) return SQLITE_CANTOPEN;
    sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
    const int opened = real->xOpen(real, path, ours->real(), flags, flags_out);
    if (opened == SQLITE_OK) ours->base.pMethods = &methods;
    return opened;
}

std::string unique_name(const void* owner) {
    return "fault-" + std::to_string(reinterpret_cast<std::uintptr_t>(owner));
}

}  // namespace

FaultVfs::FaultVfs() : name_(unique_name(this)), vfs_(new sqlite3_vfs(*sqlite3_vfs_find(nullptr))) {
    vfs_->zName = name_.c_str();
    vfs_->pAppData = this;
    vfs_->pNext = nullptr;
    vfs_->szOsFile += static_cast<int>(sizeof(FaultFile));
    vfs_->xOpen = open;
    sqlite3_vfs_register(vfs_, 0);
}

FaultVfs::~FaultVfs() {
    sqlite3_vfs_unregister(vfs_);
    delete vfs_;
}

void FaultVfs::strike(std::uint64_t n, Fault fault, Lasts lasts, Call call) {
    heal();
    fault_ = fault;
    lasts_ = lasts;
    call_ = call;
    strike_at_ = n;
}

void FaultVfs::heal() {
    strike_at_ = 0;
    strike_at_.notify_all();
    calls_ = 0;
    has_struck_ = false;
}

bool FaultVfs::fails(Call call) {
    if ((static_cast<int>(call) & static_cast<int>(call_.load())) == 0) return false;
    const std::uint64_t n = ++calls_;
    const std::uint64_t at = strike_at_;
    const bool is_hit = at != 0 && (n == at || (n > at && lasts_ == Lasts::for_good));
    if (!is_hit) return false;
    has_struck_ = true;
    has_struck_.notify_all();
    if (fault_ != Fault::hang) return true;
    strike_at_.wait(at);
    return false;
}

}  // namespace ccd::store
