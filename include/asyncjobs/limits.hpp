#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/time.hpp>

#include <cstddef>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Which jobs a limit counts together.
enum class LimitPer {
    limit, ///< all that it applies to
    owner, ///< those of one owner; those of nobody are one owner's
    key,   ///< those with the same NewJob::limit_key; it does not apply to those without one
};

/// How many jobs may start, or run, at once. Set by Client::set_limit it holds over all processes,
/// in ExecutorOptions::limits for one executor alone. Made for designated initialisers.
///
/// Jobs that have to wait stay pending, and hold up none that need not.
struct Limit {
    std::string name = {};
    std::string queue = {}; ///< applies to jobs of this queue only; empty: of all
    /// Likewise. With neither, it does not apply to the library's own jobs (`asyncjobs.*`).
    std::string type = {};
    LimitPer per = LimitPer::limit;
    std::size_t concurrency = 0; ///< 1-100000 jobs processing at once; 0: no matter
    std::size_t rate = 0;        ///< 1-1000000 starts a `period`, evenly spread; 0: no matter
    TimeSpan period = std::chrono::seconds{1}; ///< 1 ms - 366 days
    std::size_t burst = 1; ///< 1-1000000 starts at once, after as long a time without any; of
                           ///< at most 100 years
    /// Jobs of one queue start in turn: one of each owner (or key) that has any, then the next one
    /// of each. Of a limit that is nothing else.
    bool in_turn = false;

    friend bool operator==(const Limit&, const Limit&) = default;
};

/// Whether it limits anything. One that does not takes a limit of its name away.
constexpr bool is_limiting(const Limit& limit) noexcept {
    return limit.concurrency > 0 || limit.rate > 0 || limit.in_turn;
}

namespace detail {
/// No limit looks further ahead: times stay in the range that every store can keep.
inline constexpr Duration limit_horizon = std::chrono::years{100};

/// As asyncjobs::validate(), with `of` before the member.
ASYNCJOBS_DECL void validate(const Limit&, const std::string& of);
} // namespace detail

/// Throws Error (Errc::invalid_argument) that names the member, the value and the rule. `name`,
/// `queue` and `type` are as a job's type is.
ASYNCJOBS_DECL void validate(const Limit&);

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/limits.ipp>
#endif
