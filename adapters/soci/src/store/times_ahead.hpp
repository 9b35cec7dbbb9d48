#pragma once

#include "store/dialect.hpp"
#include "store/store_clock.hpp"

#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A thousand jobs, by their ids.
struct PieceOfJobs {
    std::string after; ///< not among them
    std::string last;
    bool is_end = false;
    std::optional<Duration> ahead = {}; ///< the change that lies furthest in the future
    bool has_waiting = false;           ///< some are throttled
};

/// What is stored of the clock; `keeps_time`: see Dialect::keeps_time().
StoreClock::Look read_clock(Session& session, bool keeps_time, CallTime now);

/// Writes the time to job_clock, unless another process has just done so by much the same clock.
void keep_time(Session& session, CallTime now);

/// The jobs that come after `after`.
PieceOfJobs look_at_piece(Session& session, const std::string& after, CallTime now);

/// See follow_clock() of store/store_helpers.hpp. If `with_leases`, also jobs that are under lease;
/// but not the ends of their leases.
void move_back(Session& session, const PieceOfJobs& jobs, Duration by, bool with_leases,
               CallTime now);

/// Leases that were given by a clock as it was before it was set back: see follow_clock() of
/// store/store_helpers.hpp.
void shorten_leases(Session& session, CallTime now);

/// Makes due the throttled ones of these jobs that wait for a time of such a clock, for another
/// worker or for their turn: the next claim decides about them again.
void end_waits(Session& session, const PieceOfJobs& jobs, CallTime now);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
