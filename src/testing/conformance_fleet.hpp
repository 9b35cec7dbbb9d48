#pragma once

#include "conformance_operator.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Shared by the cases about workers, and what they did.
namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

inline constexpr Timestamp noon{std::chrono::sys_days{std::chrono::year{2020} / 1 / 8} +
                                std::chrono::hours{12}};
inline constexpr Duration a_minute = std::chrono::minutes{1};

inline WorkerReport report_of(std::string worker) {
    return {.worker = std::move(worker),
            .started_at = noon,
            .concurrency = 4,
            .next_within = std::chrono::seconds{5}};
}

/// What one worker sends: each heartbeat has the next number.
class SentHeartbeats {
public:
    explicit SentHeartbeats(OperatorStore& store, std::string worker = "a", std::uint64_t run = 1)
        : store_(store), last_{.report = report_of(std::move(worker)), .run = run} {}

    WorkerOrders send(std::vector<Tally> tallies = {}) {
        ++last_.number;
        last_.tallies = std::move(tallies);
        return resend();
    }
    WorkerOrders resend() { return store_.heartbeat(last_); }

    /// What the next ones have.
    WorkerHeartbeat& next() noexcept { return last_; }

private:
    OperatorStore& store_;
    WorkerHeartbeat last_;
};

inline WorkerRecord record_of(Scene& scene, std::string_view worker) {
    for (const auto& record : scene.operators().workers({}, OperatorStore::max_workers).workers)
        if (record.report.worker == worker) return record;
    fail(fmt::format("expected the worker {} in the list", show(worker)));
}

inline Tally tally_of(TallyKey key, std::uint64_t count = 1) {
    Tally tally{.key = std::move(key), .count = count};
    if (tally.key.queue.empty()) tally.key.queue = "default";
    if (tally.key.type.empty()) tally.key.type = "test";
    return tally;
}

/// Of the years in which cases make tallies.
inline HistoryQuery all_of(TallyPeriod period) {
    return {.period = period, .since = long_ago, .until = far_ahead, .limit = 1'000};
}

/// Of all pages. Fails if a page looks at too many, or if there are more pages than necessary for
/// `stored` tallies.
inline std::vector<Tally> history_of(Scene& scene, HistoryQuery query, std::size_t stored = 1'000) {
    std::vector<Tally> found;
    for (std::size_t pages = 0; pages <= stored / query.limit + 1; ++pages) {
        const auto page = scene.operators().history(query);
        expect(page.tallies.size() <= query.limit, "no more tallies in a page than its limit");
        found.insert(found.end(), page.tallies.begin(), page.tallies.end());
        if (!page.next) return found;
        query.after = page.next;
    }
    fail("expected fewer pages");
}

inline std::uint64_t counted(Scene& scene, TallyPeriod period) {
    std::uint64_t count = 0;
    for (const Tally& tally : history_of(scene, all_of(period))) count += tally.count;
    return count;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
