#include "file_job_store.hpp"

using namespace asyncjobs;

template <typename Call>
auto FileJobStore::transact(Call call) {
    const std::lock_guard guard(mutex_);
    const Journal::Lock lock(journal_);
    try {
        for (const auto& line : journal_.read_new()) jobs_->apply(parse_store_changes(line));
        auto result = call(*jobs_);
        const StoreChanges changes = jobs_->take_changes();
        if (!changes.empty()) journal_.append(to_json(changes));
        return result;
    } catch (...) {
        start_over(); // what is in memory may be ahead of the file
        throw;
    }
}

void FileJobStore::start_over() {
    journal_.rewind();
    jobs_ = std::make_unique<MemoryJobStore>(clock_);
    jobs_->take_changes();
}

std::vector<Submitted> FileJobStore::submit(std::span<const NewJob> new_jobs) {
    return transact([&](auto& jobs) { return jobs.submit(new_jobs); });
}

Exchange FileJobStore::exchange(std::span<const Settlement> settlements,
                                const ClaimRequest& request) {
    return transact([&](auto& jobs) { return jobs.exchange(settlements, request); });
}

std::vector<Renewal> FileJobStore::renew(std::span<const Heartbeat> heartbeats,
                                         Duration lease_for) {
    return transact([&](auto& jobs) { return jobs.renew(heartbeats, lease_for); });
}

std::vector<ClaimedJob> FileJobStore::leases_of(std::string_view worker) {
    return transact([&](auto& jobs) { return jobs.leases_of(worker); });
}

std::vector<Rescued> FileJobStore::rescue(std::size_t limit, int crash_limit) {
    return transact([&](auto& jobs) { return jobs.rescue(limit, crash_limit); });
}

std::vector<Promoted> FileJobStore::promote(std::size_t limit) {
    return transact([&](auto& jobs) { return jobs.promote(limit); });
}

std::size_t FileJobStore::purge(std::size_t limit) {
    return transact([&](auto& jobs) { return jobs.purge(limit); });
}

std::optional<std::string> FileJobStore::tombstone_owner(const JobId& id) {
    return transact([&](auto& jobs) { return jobs.tombstone_owner(id); });
}

std::vector<std::optional<Job>> FileJobStore::find(std::span<const JobId> ids) {
    return transact([&](auto& jobs) { return jobs.find(ids); });
}

JobPage FileJobStore::list(const JobQuery& query) {
    return transact([&](auto& jobs) { return jobs.list(query); });
}

CancelOutcome FileJobStore::cancel(const JobId& id, const Cancellation& cancellation) {
    return transact([&](auto& jobs) { return jobs.cancel(id, cancellation); });
}

RetryOutcome FileJobStore::retry(const JobId& id) {
    return transact([&](auto& jobs) { return jobs.retry(id); });
}

RemoveOutcome FileJobStore::remove(const JobId& id) {
    return transact([&](auto& jobs) { return jobs.remove(id); });
}

Workload FileJobStore::workload(std::string_view queue, std::string_view type) {
    return transact([&](auto& jobs) { return jobs.workload(queue, type); });
}

void FileJobStore::set_paused(std::string_view queue, bool paused) {
    transact([&](auto& jobs) {
        jobs.set_paused(queue, paused);
        return true;
    });
}

void FileJobStore::set_limit(const Limit& limit) {
    transact([&](auto& jobs) {
        jobs.set_limit(limit);
        return true;
    });
}

std::vector<Limit> FileJobStore::limits() {
    return transact([&](auto& jobs) { return jobs.limits(); });
}

std::vector<ClockNotice> FileJobStore::take_clock_notices() {
    const std::lock_guard guard(mutex_);
    return jobs_->take_clock_notices();
}
