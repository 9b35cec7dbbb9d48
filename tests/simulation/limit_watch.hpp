#pragma once

#include <asyncjobs/store/job_store.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace simulation {

/// Keeps its own account of limits. Returns the violations of each claim.
class LimitWatch {
public:
    void set(const asyncjobs::Limit& limit);
    void submitted(const asyncjobs::NewJob& job);
    std::vector<std::string> claimed(const asyncjobs::JobId& id,
                                     const asyncjobs::ClaimRequest& request,
                                     asyncjobs::Timestamp now);
    /// The job's lease has ended.
    void ended(const asyncjobs::JobId& id);

private:
    struct Kind {
        std::string type, queue, owner;
        std::optional<std::string> limit_key;
    };
    /// Jobs that a limit counts together.
    struct Bucket {
        std::set<asyncjobs::JobId> held = {}; ///< claimed under it, and still under lease
        std::vector<asyncjobs::Timestamp> starts = {};
    };
    using BucketName =
        std::tuple<std::string, std::string, std::string>; ///< limit, worker, owner or key

    void claim_under(const asyncjobs::Limit& limit, const std::string& worker,
                     const asyncjobs::JobId& id, asyncjobs::Timestamp now,
                     std::vector<std::string>& broken);

    std::map<std::string, asyncjobs::Limit> limits_;
    std::map<BucketName, Bucket> buckets_;
    std::unordered_map<asyncjobs::JobId, Kind> kinds_;
};

} // namespace simulation
