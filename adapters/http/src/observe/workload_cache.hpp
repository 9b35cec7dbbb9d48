#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/runtime.hpp>

#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Caches workloads for about a second, so that many requests cost the store one query.
///
/// Thread-safety  Full.
class WorkloadCache {
public:
    WorkloadCache(Client& client, Runtime& runtime) noexcept : client_(client), runtime_(runtime) {}

    /// Whether the store has the capability workload.
    bool is_supported() const noexcept { return client_.capabilities().workload; }

    /// Throws as the store does.
    Workload get(const std::string& queue, const std::string& type);

private:
    struct Entry {
        Workload workload = {};
        SteadyTime read_at = {};
    };

    Client& client_;
    Runtime& runtime_;
    std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, Entry> entries_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
