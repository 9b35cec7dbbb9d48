#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// A file of lines that only grows, shared by several processes. The holder of its lock reads the
/// lines that the others have appended, and may append its own.
///
/// Thread-safety  None; the owner serialises its threads.
/// Errors         asyncjobs::Error, as JobStore requires.
class Journal {
public:
    explicit Journal(const std::filesystem::path& path);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Excludes all other Journals on the same file.
    class Lock {
    public:
        explicit Lock(Journal& journal);
        ~Lock();
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

    private:
        int file_;
    };

    /// Returns the lines that were appended since the last call. Cuts off an incomplete line of a
    /// process that died while it wrote. Requires the lock.
    std::vector<std::string> read_new();

    /// read_new() starts from the beginning again.
    void rewind() noexcept { read_ = 0; }

    /// Returns when the line is durable. Requires the lock, and that all lines have been read.
    void append(std::string line);

private:
    int file_;
    std::size_t read_ = 0;
};
