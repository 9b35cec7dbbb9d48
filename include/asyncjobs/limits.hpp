#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/time.hpp>
#include <asyncjobs/type_name.hpp>

#include <cstddef>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Which jobs a limit counts together.
enum class LimitScope {
    limit, ///< all that it applies to
    owner, ///< those of one owner; jobs without one count together
    key,   ///< those with the same NewJob::limit_key; jobs without one are not limited
};

/// How many jobs may start, or run, at once: over all processes if set by Client::set_limit, for
/// one executor if in ExecutorOptions::limits. Made for designated initialisers.
///
/// Jobs that a limit holds back stay pending, and do not delay others.
struct Limit {
    std::string name = {};
    std::string queue = {}; ///< applies to jobs of this queue only; empty: of any
    /// Applies to jobs of this type only; empty: of any. With neither, the limit does not apply to
    /// the library's own jobs (`asyncjobs.*`).
    TypeName type = {};
    LimitScope scope = LimitScope::limit;
    std::size_t concurrency = 0; ///< 1-100000 jobs processing at once; 0: unlimited
    std::size_t rate = 0;        ///< 1-1000000 starts per `period`, evenly spread; 0: unlimited
    TimeSpan period = std::chrono::seconds{1}; ///< 1 ms - 366 days
    std::size_t burst =
        1; ///< 1-1000000 starts at once, after an idle time of as many intervals, at most 100 years
    /// Round robin: jobs of one queue start one per owner (or key) with waiting jobs, then the next
    /// one of each. A limit may have this alone.
    bool round_robin = false;

    friend bool operator==(const Limit&, const Limit&) = default;
};

/// Whether the limit has a constraint. Setting one without deletes the limit of its name.
constexpr bool is_limiting(const Limit& limit) noexcept {
    return limit.concurrency > 0 || limit.rate > 0 || limit.round_robin;
}

namespace detail {
/// No limit looks further ahead: times stay in the range that every store supports.
inline constexpr Duration limit_horizon = std::chrono::years{100};

/// Like asyncjobs::validate(), with `of` before the member's name.
ASYNCJOBS_DECL void validate(const Limit&, const std::string& of);
} // namespace detail

/// Throws Error (Errc::invalid_argument) that names the member, the value and the rule. `name`,
/// `queue` and `type` follow the rule for job types.
ASYNCJOBS_DECL void validate(const Limit&);

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/limits.ipp>
#endif
