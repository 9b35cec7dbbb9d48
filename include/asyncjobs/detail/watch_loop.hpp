#pragma once

#include <asyncjobs/detail/closable_store.hpp>
#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/runtime.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Follows any number of jobs with one thread: reads jobs that a hint names, polls the summaries of
/// all of them and reads changed ones, in batches, and passes on new revisions.
class ASYNCJOBS_DECL WatchLoop {
public:
    using Watcher = std::function<void(const std::optional<Job>&)>;

    struct Watched {
        Watched(const JobId& job, Watcher callback) : id(job), watcher(std::move(callback)) {}

        const JobId id;
        const Watcher watcher;
        std::mutex mutex = {}; ///< held while the watcher is called
        std::int64_t revision = 0;
        bool ended = false; ///< nothing is passed on any more
    };
    using WatchedPtr = std::shared_ptr<Watched>;

    /// The destructor waits for `stop_within` before it interrupts a store that hangs.
    WatchLoop(JobStore& store, Runtime& runtime, Duration poll_every, Duration stop_within);
    ~WatchLoop();
    WatchLoop(const WatchLoop&) = delete;
    WatchLoop& operator=(const WatchLoop&) = delete;

    WatchedPtr add(const JobId& id, Watcher watcher);

    /// Afterwards the watcher no longer runs.
    void remove(const WatchedPtr& watched);

    /// Like remove(), but does not wait for a call under way, and may be called by the watcher.
    void forget(const WatchedPtr& watched);

private:
    static constexpr std::size_t batch = 500;

    struct Place {
        std::vector<WatchedPtr> watchers = {};
        std::int64_t revision = 0; ///< of the latest read
    };

    void look_at(std::span<const JobId> ids);
    void look_soon(const std::unique_lock<std::mutex>&);
    void look();
    void read();
    void find_changed();
    void poll();
    static std::vector<JobId> take(std::unordered_set<JobId>& from);
    void pass_on(const std::vector<WatchedPtr>& watchers, const std::optional<Job>& job);

    ClosableStore store_;
    Runtime& runtime_;
    const Duration poll_every_, stop_within_;
    std::mutex mutex_;
    std::unordered_map<JobId, Place> watched_;
    std::unordered_set<JobId> to_read_;
    std::unordered_set<JobId> to_poll_;
    bool looking_ = false;
    bool stopped_ = false;
    std::unique_ptr<Timer> timer_;
    std::unique_ptr<Lane> lane_;
    Notifier::Subscription subscription_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/watch_loop.ipp>
#endif
