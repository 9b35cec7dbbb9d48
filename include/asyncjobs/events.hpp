#pragma once

#include <asyncjobs/job.hpp>
#include <asyncjobs/runtime.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// An event of a job, for logs and metrics. The store has recorded it before it is delivered. Holds
/// names, numbers and times only, nothing of inputs, results or messages.
struct JobEvent {
    /// What happened to the job.
    enum class Kind {
        submitted,
        started,    ///< an attempt's handler is about to be called
        progressed, ///< a few times a second at most
        throttled,  ///< due, but a limit keeps it waiting; once for each limit
        completed,  ///< finished, like the next two
        failed,     ///< permanently
        cancelled,
        retried,   ///< the attempt failed, and another one follows
        released,  ///< not charged: snoozed, stopped, or not for this worker
        rescued,   ///< pending again after its worker was lost
        restarted, ///< a finished job, by Client::retry
    };

    Kind kind = Kind::submitted;
    JobId job = {};
    std::string type = {}; ///< empty, like the queue, if the store could not be read
    std::string queue = {};
    int attempt = 0;           ///< the attempt that ran or runs; 0: none
    int percent = 0;           ///< of progressed
    Timestamp at = {};         ///< by the clock of this process
    Timestamp created_at = {}; ///< of the job, by the store's clock
    /// Of started: from when the attempt became due to its start, by the store's clock up to the
    /// claim and then by this process's.
    std::optional<Duration> waited = {};
    std::optional<Duration> ran = {}; ///< how long the handler ran, if it has ended
    std::string error_code = {};      ///< of failed and retried
    std::string limit = {};           ///< of throttled: the limit's name
};

/// Returns the enumerator's name: `submitted`.
ASYNCJOBS_DECL std::string_view to_string(JobEvent::Kind) noexcept;

/// Every member is checked by EventStream's constructor.
struct EventStreamOptions {
    std::size_t capacity = 10'000; ///< 1-10000000; most events that wait for the subscriber
    std::vector<JobEvent::Kind> kinds = {}; ///< kinds that the subscriber receives; empty: all
};

/// How many events of each kind an EventStream dropped. Converts to their total.
class ASYNCJOBS_DECL LostEvents {
public:
    /// Returns the count of one kind.
    std::size_t of(JobEvent::Kind kind) const noexcept {
        return counts_[static_cast<std::size_t>(kind)];
    }
    /// Adds 1.
    void add(JobEvent::Kind kind) noexcept { ++counts_[static_cast<std::size_t>(kind)]; }
    /// Returns the count of all kinds.
    std::size_t total() const noexcept {
        return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0});
    }
    operator std::size_t() const noexcept { return total(); }

private:
    std::array<std::size_t, static_cast<std::size_t>(JobEvent::Kind::restarted) + 1> counts_ = {};
};

/// Delivers events of the executors and clients that use it to a subscriber: in batches, on its own
/// thread, so that a slow subscriber delays no job. Events that do not fit are dropped and counted
/// by kind. Events of jobs held back by limits fill at most half of the capacity, which leaves room
/// for starts and ends.
///
/// Events of one attempt arrive in order. A start may arrive before its job's submit. Changes that
/// the store recorded without being able to confirm them are not delivered.
///
/// Thread-safety  Full.
/// Ownership      Must outlive the executors and clients that use it.
/// Errors         Bad options throw Error (Errc::invalid_argument).
class ASYNCJOBS_DECL EventStream {
public:
    /// Called by one thread at a time; must not throw. `lost` counts the events of the subscriber's
    /// kinds that were dropped since the first of `events`.
    using Subscriber = std::function<void(std::span<const JobEvent> events, LostEvents lost)>;

    explicit EventStream(Subscriber subscriber, EventStreamOptions options = {});
    EventStream(std::shared_ptr<Runtime> runtime, Subscriber subscriber,
                EventStreamOptions options = {});

    /// Delivers the remaining events, on the calling thread.
    ~EventStream();

    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

    /// Never blocks for long, and never calls the subscriber.
    void publish(std::vector<JobEvent> events);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/events.ipp>
#endif
