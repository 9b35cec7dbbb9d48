#pragma once

#include "db/json_rows.hpp"
#include "db/query.hpp"
#include "db/session.hpp"
#include "statements/row_statements.hpp"

#include <asyncjobs/job_id.hpp>

#include <cstdint>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Makes claims give fences above `used`, the fence of a deleted job.
void raise_fences(Session& session, std::int64_t used);

/// Jobs deleted because they have expired, and their rows in other tables.
class PurgedJobs {
public:
    JobId add(Row cells); ///< returns the job's id

    std::size_t count() const noexcept { return count_; }

    /// Deletes their dependencies and steps, and writes their tombstones.
    void delete_dependencies(Session& session, const RowStatements& sql) const;

private:
    struct Tombstone {
        JobId id;
        std::string owner;
        Timestamp until;
    };

    std::size_t count_ = 0;
    std::int64_t highest_fence_ = 0;
    std::vector<JobId> children_;
    std::vector<JobId> with_steps_;
    std::vector<Tombstone> tombstones_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
