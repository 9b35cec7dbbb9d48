#pragma once

#include <asyncjobs/detail/promote.hpp>
#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/runtime.hpp>
#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Maintains jobs without a worker: rescues expired leases, unblocks dependents of finished jobs,
/// purges expired jobs and what operators no longer need. Every executor of a fleet does it; the
/// store ensures that nothing is done twice.
class Maintenance {
public:
    struct Options {
        Duration rescue_every;
        Duration purge_every;
        int crash_limit;
        EventStream* events;
    };

    static constexpr std::size_t batch = 500;

    struct Hooks {
        std::function<bool()> may_rescue; ///< before each sweep; false postpones it to the next one
        std::function<void(const std::vector<Rescued>&)> on_rescued;
        std::function<void(const ClockNotice&)> on_clock_notice;
    };

    /// Borrows all but the options and the hooks. Calls the store and the hooks on `lane`.
    Maintenance(Runtime& runtime, JobStore& store, Lane& lane, Options options, Hooks hooks)
        : runtime_(runtime), store_(store), lane_(lane), options_(options),
          hooks_(std::move(hooks)),
          rescue_timer_(runtime.make_timer([this] { lane_.post([this] { rescue(); }); })),
          purge_timer_(runtime.make_timer([this] { lane_.post([this] { purge(); }); })) {}

    void start() {
        arm(rescue_timer_, options_.rescue_every);
        arm(purge_timer_, options_.purge_every);
    }

    /// Without waiting for the next sweep.
    void promote_soon() {
        const std::lock_guard lock(mutex_);
        if (rescue_timer_ && !std::exchange(promoting_, true)) lane_.post([this] { promote(); });
    }

    /// Afterwards nothing is posted to the lane.
    void stop() {
        std::unique_lock lock(mutex_);
        const auto rescue_timer = std::move(rescue_timer_);
        const auto purge_timer = std::move(purge_timer_);
        lock.unlock();
    }

private:
    void arm(const std::unique_ptr<Timer>& timer, Duration period) {
        const std::lock_guard lock(mutex_);
        if (timer) timer->arm(jittered(period, runtime_.random()));
    }

    void rescue() {
        std::vector<Rescued> rescued;
        try {
            if (hooks_.may_rescue()) rescued = store_.rescue(batch, options_.crash_limit);
        } catch (const std::exception&) {
            // The exchange loop reports the failing store; the next sweep retries.
        }
        if (!rescued.empty()) hooks_.on_rescued(rescued);
        for (const ClockNotice& notice : store_.take_clock_notices())
            hooks_.on_clock_notice(notice);
        promote();
        arm_again(rescue_timer_, options_.rescue_every, rescued.size());
    }

    void promote() {
        {
            const std::lock_guard lock(mutex_);
            promoting_ = false;
        }
        try {
            promote_all(store_, runtime_, options_.events);
        } catch (const std::exception&) {
            // As above.
        }
    }

    void purge() {
        std::size_t count = 0;
        try {
            count = store_.purge(batch);
        } catch (const std::exception&) {
        }
        try {
            if (auto* const operators = store_.operators())
                count = std::max(count, operators->purge(batch));
        } catch (const std::exception&) {
        }
        arm_again(purge_timer_, options_.purge_every, count);
    }

    /// One batch per task of the lane, so that a backlog does not delay renewals.
    void arm_again(const std::unique_ptr<Timer>& timer, Duration period, std::size_t done) {
        arm(timer, done >= batch ? Duration::zero() : period);
    }

    Runtime& runtime_;
    JobStore& store_;
    Lane& lane_;
    const Options options_;
    const Hooks hooks_;
    std::mutex mutex_;       ///< guards everything below
    bool promoting_ = false; ///< posted, but not started
    // Null once stopped.
    std::unique_ptr<Timer> rescue_timer_;
    std::unique_ptr<Timer> purge_timer_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
