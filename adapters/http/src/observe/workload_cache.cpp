#include "observe/workload_cache.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

constexpr Duration fresh_for = std::chrono::seconds{1};
constexpr std::size_t entry_limit = 1000;

} // namespace

Workload WorkloadCache::get(const std::string& queue, const std::string& type) {
    auto key = std::pair(queue, type);
    const auto now = runtime_.now();
    {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(key);
        if (found != entries_.end() && now - found->second.read_at < fresh_for)
            return found->second.workload;
        // Other threads use the old value while this one reads the new.
        if (found != entries_.end()) found->second.read_at = now;
    }
    const Workload workload = client_.workload(queue, type);
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= entry_limit) entries_.clear();
    entries_[std::move(key)] = {workload, now};
    return workload;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
