#pragma once

#include "journal.hpp"

#include <asyncjobs/store/intercepting_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <memory>
#include <mutex>

/// Keeps jobs in one file that a person can read: each call that changes something appends one line
/// with the jobs as they are then, so a line is a transaction. The state is in memory; it is the
/// file, read line by line.
///
/// The file is never rewritten, and each process reads all of it.
///
/// Thread-safety  Full, between processes as well.
/// Durability     A call returns when its line is durable.
class FileJobStore final : public asyncjobs::InterceptingJobStore<FileJobStore> {
public:
    using Clock = asyncjobs::MemoryJobStore::Clock;

    explicit FileJobStore(const std::filesystem::path& path, Clock clock = system_time)
        : clock_(std::move(clock)), journal_(path) {
        start_over();
    }

    static asyncjobs::Timestamp system_time() {
        return std::chrono::floor<asyncjobs::Duration>(std::chrono::system_clock::now());
    }

    asyncjobs::StoreCapabilities capabilities() const noexcept override {
        return asyncjobs::StoreCapabilities::all();
    }
    std::vector<asyncjobs::ClockNotice> take_clock_notices() override;

private:
    friend InterceptingJobStore;

    /// Makes the call on the jobs as they are in the file, and writes what it changed.
    auto intercept(std::string_view, const auto& call) {
        const std::lock_guard guard(mutex_);
        const Journal::Lock lock(journal_);
        try {
            read_changes();
            auto result = call(*jobs_);
            write_changes();
            return result;
        } catch (...) {
            start_over(); // what is in memory may be ahead of the file
            throw;
        }
    }

    void read_changes();
    void write_changes();
    void start_over();

    const Clock clock_;
    std::mutex mutex_;
    Journal journal_;
    std::unique_ptr<asyncjobs::MemoryJobStore> jobs_;
};
