#pragma once

#include <asyncjobs/job_store.hpp>
#include <asyncjobs/time.hpp>

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// What a store knows of its clock: whether it was set back, and, where each process has a clock of
/// its own, how those of others differ from it.
///
/// That it was set back while this process ran is seen by what it showed before. That it was set
/// back before, or by another process's clock, is seen by what is stored: the time of the newest
/// job's last change and, in a database without a clock, the time in `job_clock`. Every process
/// writes its own time there when it sweeps, if that is another one than there is; so what is
/// found there although this process wrote last is another clock's.
///
/// Thread-safety  Full.
class StoreClock {
public:
    /// What is stored may be this much ahead, or behind, for other reasons.
    static constexpr Duration tolerance = std::chrono::seconds{10};
    /// Another process whose time was not seen for so long has gone.
    static constexpr Duration others_live_for = std::chrono::minutes{1};

    /// What a sweep has found.
    struct Look {
        Timestamp now = {};
        std::optional<Timestamp> newest = {}; ///< when the newest job was changed last
        std::optional<Timestamp> kept = {};   ///< in job_clock
    };

    /// Times that are ahead are to be moved back.
    struct Task {
        Duration by = {}; ///< if nothing says it better
        bool with_leases = true;
        bool is_news = true; ///< that the clock was set back
    };

    struct Findings {
        std::optional<Task> task = {};
        bool writes = false; ///< the time is to be written to job_clock: see wrote()
    };

    /// The clock shows `now`. If it goes back by more than `least`, it was set back.
    void saw(Timestamp now, Duration least);

    /// By how much it was set back since what was stored was moved back; zero if it was not.
    Duration take_set_back();
    void give_back(Duration set_back);

    Findings look(const Look& found, SteadyTime now);

    /// `now`, which a look found, is in job_clock, or a later time. Before that is known, what is
    /// found there may still be what this process wrote earlier.
    void wrote(Timestamp now);

    /// Moving back began at `began` and ends now.
    void moved_back(const Task& task, Duration by, SteadyTime began, SteadyTime now);

    /// How far the slowest clock of another process is behind this one.
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
    Timestamp latest_ = Timestamp::min(); ///< that the clock has shown
    Duration set_back_ = {};
    std::optional<Timestamp> written_; ///< by this process since the clock was set back
    bool is_open_ = false;             ///< this process has looked before
    std::optional<Other> ahead_, behind_;
    SteadyTime moves_back_at_ = {}; ///< not before
    std::vector<ClockNotice> notices_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
