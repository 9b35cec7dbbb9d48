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

/// Something that happened to a job, for logs and metrics: it is recorded by the time that it is
/// told. Holds names, numbers and times only, none of what inputs, results or messages say.
struct JobEvent {
    enum class Kind {
        submitted,
        started,    ///< an attempt's handler is about to be called
        progressed, ///< a few times a second at most
        held_back,  ///< it was due, and a limit keeps it waiting; once for each limit
        completed,  ///< finished, like the next two
        failed,     ///< for good
        cancelled,
        retried,  ///< the attempt failed, and there will be another one
        released, ///< given back, the attempt not charged: snoozed, stopped, or not for this worker
        rescued,  ///< pending again after its worker was lost
        restarted, ///< a finished job, by Client::retry
    };

    Kind kind = Kind::submitted;
    JobId job = {};
    std::string type = {}; ///< empty, like the queue, if the store could not be asked
    std::string queue = {};
    int attempt = 0;                  ///< that the handler made or makes; 0: about none
    int percent = 0;                  ///< of progressed
    Timestamp at = {};                ///< by the clock of this process
    Timestamp created_at = {};        ///< of the job, by the clock of the store
    std::optional<Duration> ran = {}; ///< the handler, of an attempt that it has ended
    std::string error_code = {};      ///< of failed and retried
    std::string limit = {};           ///< of held_back: its name
};

ASYNCJOBS_DECL std::string_view to_string(JobEvent::Kind) noexcept;

struct EventStreamOptions {
    std::size_t capacity = 10'000; ///< 1-10000000; events that wait for the subscriber, at most
    std::vector<JobEvent::Kind> kinds = {}; ///< those that the subscriber gets; empty: all
};

/// How many events of each kind found no room in an EventStream. Converts to their total.
class ASYNCJOBS_DECL LostEvents {
public:
    std::size_t of(JobEvent::Kind kind) const noexcept {
        return counts_[static_cast<std::size_t>(kind)];
    }
    void add(JobEvent::Kind kind) noexcept { ++counts_[static_cast<std::size_t>(kind)]; }
    std::size_t total() const noexcept {
        return std::accumulate(counts_.begin(), counts_.end(), std::size_t{0});
    }
    operator std::size_t() const noexcept { return total(); }

private:
    std::array<std::size_t, static_cast<std::size_t>(JobEvent::Kind::restarted) + 1> counts_ = {};
};

/// Delivers the events of the executors and clients that were given it to a subscriber: in batches,
/// on a thread of its own, so that a slow subscriber delays nobody. What does not fit is dropped
/// and counted by kind. Jobs held back may fill one half of the capacity and no more: however many
/// they are, there is room for what starts and ends.
///
/// The events of one attempt come in their order. A job may have started before it is told that it
/// was submitted, and what the store has recorded without being able to say so is not told.
///
/// Thread-safety  Full.
/// Ownership      Must outlive the executors and clients that were given it.
/// Errors         Bad options throw Error (Errc::invalid_argument).
class ASYNCJOBS_DECL EventStream {
public:
    /// Called by one thread at a time; must not throw. `lost` events, of the kinds that the
    /// subscriber gets, came since the first of these and found no room.
    using Subscriber = std::function<void(std::span<const JobEvent> events, LostEvents lost)>;

    explicit EventStream(Subscriber subscriber, EventStreamOptions options = {});
    EventStream(std::shared_ptr<Runtime> runtime, Subscriber subscriber,
                EventStreamOptions options = {});

    /// Delivers what is left, on the calling thread.
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
