#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// A file of lines that only grows and that several processes share: whoever holds its lock reads
/// what the others have appended, and may append itself.
///
/// Thread-safety  None; the owner serialises its threads.
/// Errors         asyncjobs::Error, as JobStore wants them.
class Journal {
public:
    explicit Journal(const std::filesystem::path& path);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    /// Keeps all other Journals on the same file out.
    class Lock {
    public:
        explicit Lock(Journal& journal);
        ~Lock();
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

    private:
        int file_;
    };

    /// The lines that have come since the last call. What a process that died in the middle of a
    /// line left behind is cut off. Needs the lock.
    std::vector<std::string> read_new();

    /// read_new() starts from the beginning again.
    void rewind() noexcept { read_ = 0; }

    /// Returns when the line is on the disk. Needs the lock, and that all has been read.
    void append(std::string line);

private:
    int file_;
    std::size_t read_ = 0;
};
