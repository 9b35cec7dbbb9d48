#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/handler.hpp>
#include <asyncjobs/json.hpp>
#include <asyncjobs/runtime.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

class EventStream;

/// Every member is checked by Client's constructor.
struct ClientOptions {
    TimeSpan poll_every = std::chrono::milliseconds{500}; ///< 1 ms - 1 hour; for watched jobs
    int submit_tries = 5;          ///< 1-100; while the store's error is retryable
    std::size_t batch_limit = 500; ///< 1-100000; concurrent submits that share a transaction
    /// 10 ms - 1 hour; how long the destructor waits for calls on the client's own threads before
    /// it interrupts a store that hangs.
    Duration stop_within = std::chrono::seconds{5};
    EventStream* events = nullptr; ///< borrowed: receives submitted, cancelled and restarted
};

/// Submits jobs and follows them.
///
/// Thread-safety  Full; concurrent submits share transactions, so one Client for all threads is
///                faster than one each.
/// Blocking       Every member calls the store on the calling thread, but for watch(),
///                submit_async() and wait_async().
/// Ownership      Borrows the store, which must outlive it.
/// Errors         Error, as the store threw it; Errc::invalid_argument for a job that breaks a
///                rule. A submit that throws Errc::unknown_outcome may have happened.
class ASYNCJOBS_DECL Client {
    struct Impl;

public:
    /// Ends a watch when destroyed; by then its callback no longer runs, so the callback must not
    /// destroy it. May outlive its Client.
    class ASYNCJOBS_DECL Watch {
    public:
        Watch() noexcept;
        Watch(Watch&&) noexcept;
        Watch& operator=(Watch&&) noexcept;
        ~Watch();

    private:
        friend class Client;
        struct Entry;
        explicit Watch(std::unique_ptr<Entry>) noexcept;
        std::unique_ptr<Entry> entry_;
    };

    /// Receives a snapshot with a higher revision than the last one; once an empty one, if the job
    /// was removed.
    using Watcher = std::function<void(const std::optional<Job>&)>;

    /// Ends a wait of wait_async(). Destroying it does not. May outlive its Client.
    class ASYNCJOBS_DECL WaitHandle {
    public:
        WaitHandle() noexcept;
        WaitHandle(const WaitHandle&) noexcept;
        WaitHandle& operator=(const WaitHandle&) noexcept;
        ~WaitHandle();

        /// Ends the wait: `done` is not called, unless it has been called or is being called.
        void cancel() const;

    private:
        friend class Client;
        struct Entry;
        std::shared_ptr<const Entry> entry_;
    };

    explicit Client(JobStore& store, ClientOptions options = {});
    Client(JobStore& store, std::shared_ptr<Runtime> runtime, ClientOptions options = {});
    /// Pending submit_async() and wait_async() calls end with Errc::stopped.
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Returns what the store can do. A member that needs another capability throws
    /// Errc::unsupported; so does a submit of a job with `after` without dependencies.
    StoreCapabilities capabilities() const noexcept;

    /// Returns when the job is durable. Makes an id if it is null. Throws Errc::conflict if an id
    /// of your own is taken, or a unique key with OnConflict::refuse, and Errc::not_found if a
    /// parent does not exist. A repeated idempotency key is an outcome, no error.
    ///
    /// A job with an id or key of its own, or with parents, may have to wait for another open
    /// transaction; it does not delay jobs without them.
    Submitted submit(NewJob job);

    /// Like submit(), without blocking: `done` is called once, with what submit() would have thrown
    /// or else returned, on a thread of this Client or one that blocks in submit(). It must neither
    /// block nor throw, nor destroy the Client. Throws Errc::invalid_argument at once for a job
    /// that breaks a rule. See async_submit() in async.hpp.
    void submit_async(NewJob job, std::function<void(std::exception_ptr, Submitted)> done);

    /// Submits all in one transaction, with ids in the order of `jobs`. Each job has its own
    /// outcome: a conflict does not affect the others. In `after`, a job whose idempotency key or
    /// unique key was taken stands for the holder of that key.
    std::vector<Submitted> submit(std::initializer_list<NewJob> jobs) {
        return submit_all({jobs.begin(), jobs.end()});
    }
    /// The same for a vector of jobs.
    template <std::same_as<std::vector<NewJob>> Jobs> // so that the braces of one job mean one job
    std::vector<Submitted> submit(Jobs jobs) {
        return submit_all(std::move(jobs));
    }

    /// Makes an id, higher than earlier ones, for jobs that refer to each other before they are
    /// submitted.
    [[nodiscard]] JobId make_id();

    /// Submits each job after the one before it, all in one transaction.
    std::vector<Submitted> submit_chain(std::vector<NewJob> jobs);

    /// Submits all `members`, and `callback` after them, in one transaction. Returns the id of the
    /// callback, which stands for the batch: its progress is the share of members that have
    /// finished, its `blocked_by` how many have not. See also JobQuery::needed_by.
    JobId submit_batch(std::vector<NewJob> members, NewJob callback);

    /// Submits `input`, described by Boost.Describe, as a job of type `Input::type`, with
    /// everything else from `job`. The outcome's id is that of another job if that has the
    /// `idempotency_key` or holds the `unique_key`.
    template <detail::OneInput Input>
    Submitted submit(const Input& input, NewJob job = {}) {
        return submit(new_job(input, std::move(job)));
    }

    std::optional<Job> find(const JobId& id); ///< empty if no such job exists
    /// In the order of `ids`; empty if no such job exists.
    std::vector<std::optional<Job>> find(std::span<const JobId> ids);
    /// Returns fewer fields of each job at lower cost: see JobStore::find_summaries().
    std::vector<std::optional<Job>> find_summaries(std::span<const JobId> ids);
    JobPage list(const JobQuery& query); ///< newest first

    /// Returns the owner of an expired job, for a while after its deletion.
    std::optional<std::string> tombstone_owner(const JobId& id);

    /// Returns the job as soon as it is finished, or its current state after `at_most`; empty if no
    /// such job exists. A handler that waits for a job keeps its thread and its slot, which that
    /// job may need; follow-ups and `after` keep none.
    std::optional<Job> wait(const JobId& id, Duration at_most);

    /// Returns the jobs as soon as all are finished, or their current states after `at_most`; in
    /// the order of `ids`, empty if no such job exists.
    std::vector<std::optional<Job>> wait(std::span<const JobId> ids, Duration at_most);

    /// Like wait(), without blocking, and without a thread while the job is unfinished: `done` is
    /// called once, with what wait() would have thrown or else returned, on a thread of this
    /// Client. It must neither block nor throw, nor destroy the Client. See async_wait() in
    /// async.hpp.
    WaitHandle wait_async(const JobId& id, Duration at_most,
                          std::function<void(std::exception_ptr, std::optional<Job>)> done);

    /// Waits like wait(), and returns the result of the completed job; empty if it is not finished
    /// after `at_most`. Throws Errc::conflict, with the reason, for a job that failed or was
    /// cancelled, Errc::not_found if no such job exists, and Errc::invalid_payload if the result is
    /// no `Result`.
    template <typename Result>
    std::optional<Result> wait_for(const JobId& id, Duration at_most) {
        const auto result = wait_for_result(id, at_most);
        return result ? std::optional(json::parse<Result>(*result)) : std::nullopt;
    }

    /// Calls `watcher` with the job's current state and after each change, until it is finished or
    /// removed; changes in quick succession may arrive as one. Costs no thread: all watches of a
    /// Client share one, and their reads are batched. The callback must neither block nor throw.
    [[nodiscard]] Watch watch(const JobId& id, Watcher watcher);

    /// Starts a thread and a timer now that otherwise the first watch() would start: for a host
    /// that must be able to watch even when the system has none left.
    void prepare_watches();

    /// Reaches a running handler within about a second, in whichever process. Throws
    /// Errc::invalid_argument for a reason that is too long.
    CancelOutcome cancel(const JobId& id, const Cancellation& cancellation = {});
    /// Restarts a failed or cancelled job: see JobStore::retry().
    RetryOutcome retry(const JobId& id);
    RemoveOutcome remove(const JobId& id); ///< deletes a finished job before it expires
    /// @{
    /// The same for up to OperatorStore::max_batch jobs: in one transaction if the store has
    /// JobStore::operators(), otherwise one by one. Returns one outcome per id, in the order of
    /// `ids`.
    std::vector<CancelOutcome> cancel(std::span<const JobId> ids,
                                      const Cancellation& cancellation = {});
    std::vector<RetryOutcome> retry(std::span<const JobId> ids);
    std::vector<RemoveOutcome> remove(std::span<const JobId> ids);
    /// @}
    /// @{
    /// Makes pending jobs that wait for their time due now: see OperatorStore::run_now(). Throws
    /// Errc::unsupported for a store without JobStore::operators().
    RunNowOutcome run_now(const JobId& id);
    std::vector<RunNowOutcome> run_now(std::span<const JobId> ids);
    /// @}
    /// A paused queue accepts submits, but no process claims from it. Running jobs continue.
    void set_paused(std::string_view queue, bool paused);

    /// Pauses `queue` and waits until none of its jobs runs; false if `at_most` was not enough. The
    /// queue stays paused. May miss a job that another process is claiming at that moment.
    bool drain(std::string_view queue, Duration at_most);
    /// Returns the backlog of `queue`, and how long jobs of `type` take. Cheap at any backlog.
    Workload workload(std::string_view queue, std::string_view type);

    /// Limits jobs over all processes, including those submitted earlier. Replaces a limit of the
    /// same name; a limit with no constraint set deletes it. Every executor observes it within a
    /// second; running jobs continue.
    void set_limit(const Limit& limit);
    std::vector<Limit> limits(); ///< by name

private:
    std::vector<Submitted> submit_all(std::vector<NewJob> jobs);
    std::optional<JsonText> wait_for_result(const JobId& id, Duration at_most);

    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/client.ipp>
#include <asyncjobs/impl/client_changes.ipp>
#endif
