#pragma once

#include <asyncjobs/config.hpp>

#include <optional>
#include <string>

#ifndef _WIN32
#include <sys/stat.h>
#endif

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Which file a path names. As long as somebody has it open, no other file has the same.
struct FileIdentity {
#ifndef _WIN32
    dev_t device = 0;
    ino_t number = 0;
#endif

    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Empty if there is no such file. On Windows all files are the same one, as none that is open can
/// be removed or replaced.
inline std::optional<FileIdentity> identity_of([[maybe_unused]] const std::string& path) {
#ifdef _WIN32
    return FileIdentity{};
#else
    struct stat file {};
    if (::stat(path.c_str(), &file) != 0) return std::nullopt;
    return FileIdentity{file.st_dev, file.st_ino};
#endif
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
