#include "limit_watch.hpp"

#include <fmt/format.h>

namespace simulation {

using namespace asyncjobs;

void LimitWatch::set(const Limit& limit) {
    const auto known = limits_.find(limit.name);
    if (known != limits_.end() && known->second == limit) return;
    limits_.erase(limit.name);
    if (is_limiting(limit)) limits_.emplace(limit.name, limit);
    for (auto& [name, bucket] : buckets_)
        if (std::get<0>(name) == limit.name && std::get<1>(name).empty()) bucket.starts.clear();
}

void LimitWatch::submitted(const NewJob& job) {
    kinds_[job.id] = {job.type, job.queue, job.owner, job.limit_key};
}

std::vector<std::string> LimitWatch::claimed(const JobId& id, const ClaimRequest& request,
                                             Timestamp now) {
    std::vector<std::string> broken;
    for (const auto& [name, limit] : limits_) claim_under(limit, {}, id, now, broken);
    for (const Limit& limit : request.limits)
        claim_under(limit, std::string(request.worker), id, now, broken);
    return broken;
}

void LimitWatch::claim_under(const Limit& limit, const std::string& worker, const JobId& id,
                             Timestamp now, std::vector<std::string>& broken) {
    const Kind& job = kinds_.at(id);
    if (!limit.queue.empty() && limit.queue != job.queue) return;
    if (!limit.type.empty() && limit.type != job.type) return;
    if (limit.scope == LimitScope::key && !job.limit_key) return;
    const auto group = limit.scope == LimitScope::owner ? job.owner
                       : limit.scope == LimitScope::key ? *job.limit_key
                                                        : std::string();
    Bucket& bucket = buckets_[{limit.name, worker, group}];
    if (limit.concurrency > 0) {
        bucket.held.insert(id);
        if (bucket.held.size() > limit.concurrency)
            broken.push_back(fmt::format("limit {}: {} jobs run at once, not {}", limit.name,
                                         bucket.held.size(), limit.concurrency));
    }
    if (limit.rate == 0) return;
    bucket.starts.push_back(now);
    const auto rate = static_cast<Duration::rep>(limit.rate);
    for (std::size_t first = 0; first < bucket.starts.size(); ++first) {
        const auto count = bucket.starts.size() - first;
        const Duration window = now - bucket.starts[first];
        if (count <= limit.burst + static_cast<std::size_t>(window * rate / limit.period)) continue;
        broken.push_back(fmt::format("limit {}: {} jobs started within {} us", limit.name, count,
                                     window.count()));
        break;
    }
}

void LimitWatch::ended(const JobId& id) {
    for (auto& [name, bucket] : buckets_) bucket.held.erase(id);
}

} // namespace simulation
