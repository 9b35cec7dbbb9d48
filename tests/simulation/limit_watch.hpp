#pragma once

#include <asyncjobs/job_store.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace simulation {

/// Keeps an own account of what limits allow. Answers of a claim what it should not have done.
class LimitWatch {
public:
    void set(const asyncjobs::Limit& limit);
    void submitted(const asyncjobs::NewJob& job);
    std::vector<std::string> claimed(const asyncjobs::JobId& id,
                                     const asyncjobs::ClaimRequest& request,
                                     asyncjobs::Timestamp now);
    /// Its lease has.
    void ended(const asyncjobs::JobId& id);

private:
    struct Kind {
        std::string type, queue, owner;
        std::optional<std::string> limit_key;
    };
    /// Jobs that a limit counts together.
    struct Line {
        std::set<asyncjobs::JobId> held = {}; ///< claimed under it, and still under lease
        std::vector<asyncjobs::Timestamp> starts = {};
    };
    using LineName = std::tuple<std::string, std::string, std::string>; ///< limit, worker, of whom

    void claim_under(const asyncjobs::Limit& limit, const std::string& worker,
                     const asyncjobs::JobId& id, asyncjobs::Timestamp now,
                     std::vector<std::string>& broken);

    std::map<std::string, asyncjobs::Limit> limits_;
    std::map<LineName, Line> lines_;
    std::unordered_map<asyncjobs::JobId, Kind> kinds_;
};

} // namespace simulation
