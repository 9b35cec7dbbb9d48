#pragma once

#include <asyncjobs/time.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Counts of times by their length, from 5 ms to 6 h.
class ASYNCJOBS_DECL TimeHistogram {
public:
    /// The longest time of each bucket, ascending. The last bucket, which has the longer times, has
    /// no bound.
    static constexpr std::array<Duration, 13> bounds = {
        std::chrono::milliseconds{5},   std::chrono::milliseconds{25},
        std::chrono::milliseconds{100}, std::chrono::milliseconds{500},
        std::chrono::seconds{2},        std::chrono::seconds{10},
        std::chrono::seconds{30},       std::chrono::minutes{2},
        std::chrono::minutes{10},       std::chrono::minutes{30},
        std::chrono::hours{1},          std::chrono::hours{3},
        std::chrono::hours{6}};
    static constexpr std::size_t buckets = bounds.size() + 1; ///< the number of counts

    /// Counts one time.
    void add(Duration time) noexcept;
    /// Adds the counts of another one.
    void add(const TimeHistogram& other) noexcept;

    std::array<std::uint64_t, buckets> counts = {}; ///< of the times in each bucket alone
    Duration sum = {};                              ///< of all times

    friend bool operator==(const TimeHistogram&, const TimeHistogram&) = default;
};

/// How an attempt, or a job without one, ended.
enum class TallyOutcome { // by name: stores order keys by it
    cancelled,
    completed,
    failed,   ///< permanently
    released, ///< not charged
    rescued,  ///< its worker was lost
    retried,  ///< the attempt failed, and another one follows
};

/// Returns the enumerator's name: `completed`.
ASYNCJOBS_DECL std::string_view to_string(TallyOutcome) noexcept;
/// The reverse of to_string(); empty for any other text.
[[nodiscard]] ASYNCJOBS_DECL std::optional<TallyOutcome>
    parse_tally_outcome(std::string_view) noexcept;

/// What a tally counts.
struct TallyKey {
    Timestamp start = {}; ///< of its minute, hour or day, in UTC; by the worker's clock
    std::string queue = {};
    std::string type = {};
    TallyOutcome outcome = TallyOutcome::completed;
    std::string error_code = {}; ///< of failed and retried; up to JobError::max_code bytes

    friend auto operator<=>(const TallyKey&, const TallyKey&) = default;
};

/// How many attempts of a type ended in one way, within a minute, an hour or a day.
struct Tally {
    /// The queue, the type and the error code of all those that exceed an executor's bounds.
    static constexpr std::string_view other = "other";
    static constexpr std::size_t max_error_codes = 20; ///< of a type
    static constexpr std::size_t max_types = 200;      ///< pairs of a queue and a type

    TallyKey key = {};
    std::uint64_t count = 0;
    TimeHistogram waited = {}; ///< from when each attempt became due to its start, where known
    TimeHistogram ran = {};    ///< from each start to the end, where known

    /// Adds the counts of another one; the key stays.
    void add(const Tally& added) noexcept {
        count += added.count;
        waited.add(added.waited);
        ran.add(added.ran);
    }

    friend bool operator==(const Tally&, const Tally&) = default;
};

/// A length of time that tallies are added up for.
enum class TallyPeriod {
    minute, ///< kept for 48 hours
    hour,   ///< kept for 30 days
    day,    ///< kept for 400 days
};

/// All of them, the shortest first.
inline constexpr std::array tally_periods = {TallyPeriod::minute, TallyPeriod::hour,
                                             TallyPeriod::day};

/// Returns the enumerator's name: `minute`.
ASYNCJOBS_DECL std::string_view to_string(TallyPeriod) noexcept;
/// The reverse of to_string(); empty for any other text.
[[nodiscard]] ASYNCJOBS_DECL std::optional<TallyPeriod>
    parse_tally_period(std::string_view) noexcept;
/// Returns the length of a period.
ASYNCJOBS_DECL Duration length_of(TallyPeriod) noexcept;
/// Returns for how long tallies of the period are kept.
ASYNCJOBS_DECL Duration kept_for(TallyPeriod) noexcept;
/// Returns when the period that contains `time` began, in UTC.
ASYNCJOBS_DECL Timestamp start_of(TallyPeriod period, Timestamp time) noexcept;

/// Which tallies to read. Empty members match every one.
struct HistoryQuery {
    static constexpr std::size_t max_limit = 10'000;

    TallyPeriod period = TallyPeriod::minute;
    Timestamp since = {}; ///< the first start
    Timestamp until = {}; ///< before this
    std::optional<std::string> queue = {};
    std::optional<std::string> type = {};
    std::optional<TallyKey> after = {}; ///< continues a page: HistoryPage::next
    std::size_t limit = 1'000;          ///< 1 - max_limit; tallies that are looked at
};

/// The result of OperatorStore::history().
struct HistoryPage {
    std::vector<Tally> tallies = {};   ///< by key
    std::optional<TallyKey> next = {}; ///< continue with `after` = this; empty: these are all
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/tallies.ipp>
#endif
