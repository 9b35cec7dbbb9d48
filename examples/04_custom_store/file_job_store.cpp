#include "file_job_store.hpp"

using namespace asyncjobs;

void FileJobStore::read_changes() {
    for (const auto& line : journal_.read_new()) jobs_->apply(parse_store_changes(line));
}

void FileJobStore::write_changes() {
    const StoreChanges changes = jobs_->take_changes();
    if (!changes.empty()) journal_.append(to_json(changes));
}

void FileJobStore::start_over() {
    journal_.rewind();
    jobs_ = std::make_unique<MemoryJobStore>(clock_);
    jobs_->take_changes();
}

std::vector<ClockNotice> FileJobStore::take_clock_notices() {
    const std::lock_guard guard(mutex_);
    return jobs_->take_clock_notices();
}
