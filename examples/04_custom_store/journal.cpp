#include "journal.hpp"

#include <asyncjobs/error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace {

using asyncjobs::Errc;
using asyncjobs::Error;

[[noreturn]] void fail(const std::string& what) {
    const int reason = errno;
    const bool full = reason == ENOSPC || reason == EDQUOT;
    throw Error(full ? Errc::store_full : Errc::store_failure,
                what + ": " + std::generic_category().message(reason));
}

/// A new file is safe only when its folder's entry is.
void sync_folder_of(const std::filesystem::path& path) {
    const auto folder = std::filesystem::absolute(path).parent_path();
    const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) fail("open the journal's folder");
    const int result = ::fsync(file);
    ::close(file);
    if (result != 0) fail("sync the journal's folder");
}

} // namespace

Journal::Journal(const std::filesystem::path& path)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (file_ < 0) fail("open the journal");
    try {
        sync_folder_of(path);
    } catch (...) {
        ::close(file_);
        throw;
    }
}

Journal::~Journal() { ::close(file_); }

Journal::Lock::Lock(Journal& journal) : file_(journal.file_) {
    while (::flock(file_, LOCK_EX) != 0)
        if (errno != EINTR) fail("lock the journal");
}

Journal::Lock::~Lock() { ::flock(file_, LOCK_UN); }

std::vector<std::string> Journal::read_new() {
    struct stat status = {};
    if (::fstat(file_, &status) != 0) fail("look at the journal");
    std::string text(static_cast<std::size_t>(status.st_size) - read_, '\0');
    for (std::size_t done = 0; done < text.size();) {
        const auto count = ::pread(file_, text.data() + done, text.size() - done,
                                   static_cast<off_t>(read_ + done));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) fail("read the journal");
        done += static_cast<std::size_t>(count);
    }
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    read_ += begin;
    if (begin < text.size() && ::ftruncate(file_, static_cast<off_t>(read_)) != 0)
        fail("repair the journal");
    return lines;
}

void Journal::append(std::string line) {
    line += '\n';
    for (std::size_t done = 0; done < line.size();) {
        const auto count = ::pwrite(file_, line.data() + done, line.size() - done,
                                    static_cast<off_t>(read_ + done));
        if (count < 0 && errno == EINTR) continue;
        // A piece of a line that stays behind is cut off by the next reader.
        if (count < 0) fail("write the journal");
        done += static_cast<std::size_t>(count);
    }
    if (::fdatasync(file_) != 0)
        throw Error(Errc::unknown_outcome, "the journal's last line may or may not be durable");
    read_ += line.size();
}
