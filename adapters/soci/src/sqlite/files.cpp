#include "sqlite/files.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

std::optional<FileIdentity> identity_of([[maybe_unused]] const std::string& path) {
#ifdef _WIN32
    return FileIdentity{};
#else
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0) return std::nullopt;
    return FileIdentity{file.st_dev, file.st_ino};
#endif
}

void SqliteFiles::opened(const std::string& path, const std::string& resolved) {
    const std::lock_guard lock(mutex_);
    if (database_.path.empty()) database_ = {path, identity_of(path)};
    if (connections_++ > 0) return;
    for (std::size_t i = 0; i < beside_.size(); ++i) {
        beside_[i].path = resolved + (i == 0 ? "-wal" : "-shm");
        beside_[i].identity = identity_of(beside_[i].path);
    }
}

void SqliteFiles::closing() noexcept {
    const std::lock_guard lock(mutex_);
    --connections_;
}

bool SqliteFiles::are_known() const {
    const std::lock_guard lock(mutex_);
    return !database_.path.empty();
}

std::string SqliteFiles::log() const {
    const std::lock_guard lock(mutex_);
    return beside_.front().path;
}

void SqliteFiles::check() const {
    const std::lock_guard lock(mutex_);
    const auto check = [](const File& file) {
        if (identity_of(file.path) != file.identity)
            throw Error(Errc::store_unavailable,
                        fmt::format("{} was removed or replaced while it was open: restore it, or "
                                    "stop all processes that use the database, and reopen it",
                                    file.path));
    };
    if (database_.path.empty()) return;
    check(database_);
    if (connections_ == 0) return;
    for (const File& file : beside_) check(file);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
