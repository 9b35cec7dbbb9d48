#pragma once

#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/time.hpp>

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Detects that the store's clock was set back and, if each process uses its own clock, how the
/// clocks of other processes differ.
///
/// Compares the clock with what it showed before, and with what is stored: the time of the newest
/// job's last change and, in a database without a clock, the time in `job_clock`, which reveal a
/// clock that was set back earlier, or another process's clock. Every process writes its own time
/// to `job_clock` when it sweeps, if a different one is stored; so a time that this process did not
/// write comes from another clock.
///
/// Thread-safety  Full.
class StoreClock {
public:
    /// Stored times may be this much ahead or behind for other reasons.
    static constexpr Duration tolerance = std::chrono::seconds{10};
    /// Another process whose time was not seen for so long counts as ended.
    static constexpr Duration others_live_for = std::chrono::minutes{1};

    /// The findings of a sweep.
    struct Look {
        Timestamp now = {};
        std::optional<Timestamp> newest = {}; ///< when the newest job was changed last
        std::optional<Timestamp> kept = {};   ///< in job_clock
    };

    /// Times that are ahead must be moved back.
    struct Task {
        Duration by = {}; ///< unless the stored times show a better value
        bool with_leases = true;
        bool is_news = true; ///< that the clock was set back
    };

    struct Findings {
        std::optional<Task> task = {};
        bool writes = false; ///< the time must be written to job_clock: see wrote()
    };

    /// The clock shows `now`. If it goes back by more than `least`, it was set back.
    void saw(Timestamp now, Duration least);

    /// Returns by how much it was set back since times were last moved back; zero if it was not.
    Duration take_set_back();
    void give_back(Duration set_back);

    Findings look(const Look& found, SteadyTime now);

    /// job_clock now holds `now`, which a look found, or a later time. Until then, the time there
    /// may be one that this process wrote earlier.
    void wrote(Timestamp now);

    /// Times were moved back between `began` and `now`.
    void moved_back(const Task& task, Duration by, SteadyTime began, SteadyTime now);

    /// Returns how far the slowest clock of another process is behind this one.
    Duration others_behind(SteadyTime now);

    std::vector<ClockNotice> take_notices();

private:
    /// A clock of another process.
    struct Other {
        Duration by = {};
        SteadyTime seen_at = {};
    };
    void see_others(const Look& found, SteadyTime now);
    void note(std::optional<Other>& other, ClockNotice::Kind kind, Duration by, SteadyTime now);
    static bool lives(const std::optional<Other>& other, SteadyTime now);

    std::mutex mutex_;
    Timestamp latest_ = Timestamp::min(); ///< time that the clock has shown
    Duration set_back_ = {};
    std::optional<Timestamp> written_; ///< by this process since the clock was set back
    bool is_open_ = false;             ///< this process has looked before
    std::optional<Other> ahead_, behind_;
    SteadyTime moves_back_at_ = {}; ///< earliest next time
    std::vector<ClockNotice> notices_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
