#pragma once

#include <asyncjobs/store/limit_engine.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// All that a MemoryJobStore keeps of one job.
struct JobRecord : StoredJob {
    std::vector<JobId> parent_ids = {};
    std::vector<JobId> open_parents = {}; ///< those that blocked_by counts
    Timestamp place = {};                 ///< in its queue
    LimitMark mark = {};
    Timestamp parked_place = {};         ///< its place in the bucket in which it is parked
    std::vector<std::string> slots = {}; ///< buckets in which it counts while it is processing
};

/// All that a MemoryJobStore keeps of the bucket of a limit.
struct BucketRecord {
    std::string name = {};
    Timestamp next_at = {};
    Timestamp due_at = never_due;
    std::optional<Timestamp> served_at = {};
};

/// Remembers the owner of a purged job.
struct Tombstone {
    JobId id = {};
    std::string owner = {};
    Timestamp until = {};
};

/// What calls of a MemoryJobStore have changed: the new state of each job and bucket. A store that
/// keeps its jobs in memory writes this to a file, a log or a table, and reads it back.
struct StoreChanges {
    Timestamp at = {}; ///< the store's time of the last call
    std::vector<JobRecord> jobs = {};
    std::vector<JobId> removed = {};
    std::vector<Tombstone> tombstones = {};
    std::int64_t used_fence = 0;    ///< the highest of a removed job
    std::vector<Limit> limits = {}; ///< one without a constraint was deleted
    std::vector<BucketRecord> buckets = {};
    std::vector<std::string> paused = {};  ///< queues
    std::vector<std::string> resumed = {}; ///< queues

    /// Whether nothing has changed.
    bool empty() const noexcept {
        return jobs.empty() && removed.empty() && limits.empty() && buckets.empty() &&
               paused.empty() && resumed.empty();
    }
};

/// One line of JSON. JSON texts are strings in it, so that not a byte of them changes; times are
/// whole microseconds.
ASYNCJOBS_DECL std::string to_json(const StoreChanges& changes);

/// The reverse of to_json(). A missing member has its default. Throws Error (Errc::invalid_payload)
/// for any other text.
ASYNCJOBS_DECL StoreChanges parse_store_changes(std::string_view json);

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/store_changes.ipp>
#endif
