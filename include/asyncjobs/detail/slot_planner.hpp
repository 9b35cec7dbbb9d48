#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/detail/prefetch.hpp>
#include <asyncjobs/detail/queue_order.hpp>
#include <asyncjobs/executor_options.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// A running job takes a slot; if its handler blocks, a thread, too.
enum class HandlerKind { blocking, async };

/// A job that is released with this delay goes to the end of its queue.
inline constexpr Duration end_of_queue{1};

/// Decides which of the suspects among newly claimed jobs run. A suspect is a job that one more
/// lost worker would quarantine. Suspects run one at a time, because a neighbour may have caused
/// the crash: each runs in a process without another suspect.
class SuspectPlan {
public:
    SuspectPlan(std::size_t claimed, bool one_is_live) noexcept
        : release_(claimed > (one_is_live ? 0u : 1u)),
          delay_(std::chrono::seconds{one_is_live ? 1 : 0}) {}

    /// The delay to release the next suspect with, or empty if it runs. The first one released
    /// returns alone.
    std::optional<Duration> release_next() noexcept {
        if (!release_) return std::nullopt;
        return std::exchange(delay_, std::chrono::seconds{1});
    }

private:
    bool release_;
    Duration delay_;
};

/// Decides how many jobs to claim, from which queues, and which ready job starts next.
///
/// Keeps the claimed jobs that wait for a slot, and counts slots and threads. Whether a job needs a
/// thread is known only after its claim.
///
/// Thread-safety  None.
class ASYNCJOBS_DECL SlotPlanner {
public:
    using AttemptPtr = std::shared_ptr<Attempt>;

    struct Claim {
        std::size_t limit = 0;
        bool ahead = false; ///< some of these jobs will wait for a slot
        std::vector<std::string> queues = {};
    };

    struct Start {
        std::size_t threads = 0; ///< each calls next_for_thread() until that returns null
        bool async = false;      ///< one thread calls next_async() until that returns null
    };

    struct Release {
        AttemptPtr attempt;
        Duration delay; ///< 0: it keeps its place in its queue
    };

    /// The options are checked.
    explicit SlotPlanner(const ExecutorOptions& options);

    void add_handler(HandlerKind kind) noexcept;
    bool has_async() const noexcept { return has_async_; }
    void set_concurrency(unsigned concurrency);
    unsigned concurrency() const noexcept { return concurrency_; }
    void set_queues(QueueOrder queues);
    std::vector<std::string> queue_names() const { return queues_.names(); }
    /// The size of the thread pool; handlers that were given up keep their threads.
    unsigned threads() const noexcept { return threads_ + abandoned_; }

    /// Before it, and after close(), nothing is claimed.
    void open() noexcept { is_open_ = true; }
    /// Returns the jobs that have not started.
    std::vector<AttemptPtr> close();
    /// While quiet, nothing is claimed; claimed jobs run.
    void set_quiet(bool quiet) noexcept;
    bool is_quiet() const noexcept { return is_quiet_; }

    // Claims.
    /// There may be due jobs in some queue.
    void jobs_may_be_due() noexcept { may_claim_ = true; }
    /// The same, from a poll: all that holds back a claim is over.
    void poll() noexcept;
    /// There are due jobs in this queue. Returns false if it is not served.
    bool jobs_are_due(std::string_view queue);
    /// A larger batch is about to form, so that an exchange should wait.
    bool is_batching() const noexcept;
    bool may_claim() const noexcept { return may_claim_; }
    /// How many jobs may be claimed.
    std::size_t claimable(SteadyTime now) const;
    /// Takes the note that jobs may be due, unless no job may be claimed.
    Claim plan_claim(SteadyTime now, const std::function<std::uint64_t()>& random_bits);

    // Ready jobs.
    bool is_suspect(const ClaimedJob& job) const noexcept {
        return job.crashes > 0 && job.crashes + 1 >= crash_limit_;
    }
    /// A job with a handler of this kind was claimed.
    void claimed(HandlerKind kind, const std::string& queue);
    void add_ready(HandlerKind kind, AttemptPtr attempt, SteadyTime now);
    /// Takes the jobs that were claimed for slots or threads that turned out to be busy, because
    /// another worker may be free.
    std::vector<Release> take_overdue(SteadyTime now,
                                      const std::function<std::uint64_t()>& random_bits);

    // Slots and threads.
    /// What to start now. Reserves a slot and a thread for each of its threads.
    Start plan_start();
    /// A thread of plan_start() has begun.
    void thread_began() noexcept { --starting_; }
    /// The next job of a thread that holds a slot, or null: the slot and the thread are free then.
    AttemptPtr next_for_thread(SteadyTime now);
    /// The next job without a thread, which takes a slot; null if there is no job or no slot.
    AttemptPtr next_async(SteadyTime now);
    void ran(HandlerKind kind, Duration took) noexcept;
    /// The thread of a blocking handler has returned.
    void thread_returned(bool was_abandoned) noexcept;
    void async_ended() noexcept { --running_; }
    /// How many handlers run.
    unsigned running() const noexcept { return static_cast<unsigned>(running_ - starting_); }
    /// A handler is given up: its slot is free, and its thread is replaced.
    void abandon(HandlerKind kind) noexcept;

private:
    struct Ready {
        std::deque<AttemptPtr> jobs = {};
        SteadyTime since = {}; ///< when it last received its oldest job, or passed one on
    };
    struct Room {
        std::size_t slots, threads;
    };

    unsigned parallel() const noexcept;
    Room room(std::size_t ahead) const noexcept;
    static AttemptPtr take(Ready& ready, SteadyTime now);

    const unsigned requested_threads_; ///< 0: as many as slots
    const Duration poll_every_;
    const int crash_limit_;
    bool has_blocking_ = false; ///< handlers
    bool has_async_ = false;
    bool is_open_ = false;
    bool is_quiet_ = false;
    unsigned concurrency_;
    unsigned threads_;
    QueueOrder queues_;
    Prefetch prefetch_;
    Ready ready_;       ///< for threads
    Ready ready_async_; ///< first when slots are short
    bool may_claim_ = true;
    std::size_t running_ = 0;   ///< slots taken, by handlers and by threads about to run one
    std::size_t blocking_ = 0;  ///< of these, those with a thread
    std::size_t starting_ = 0;  ///< of these, threads that have not taken a job yet
    unsigned abandoned_ = 0;    ///< threads of handlers that were given up
    bool starts_async_ = false; ///< a thread is starting some
    /// While all threads are busy: when to claim again for jobs that may need none.
    SteadyTime try_from_ = {};
    std::size_t async_in_a_row_ = 0; ///< among the latest claims, if both kinds are handled
    /// Whose latest job needed a thread, if both kinds are handled.
    std::set<std::string, std::less<>> blocking_queues_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/slot_planner.ipp>
#endif
