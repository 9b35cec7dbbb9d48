#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/handler.hpp>
#include <asyncjobs/job_store.hpp>
#include <asyncjobs/runtime.hpp>

#include <concepts>
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

struct ClientOptions {
    TimeSpan poll_every = std::chrono::milliseconds{500}; ///< 1 ms - 1 hour; of what is watched
    int submit_tries = 5;          ///< 1-100; while the store answers that trying again may help
    std::size_t batch_limit = 500; ///< 1-100000; concurrent submits that share a transaction
    /// 10 ms - 1 hour; how long the destructor waits for a reading of what is watched before it
    /// interrupts a store that hangs.
    Duration stop_within = std::chrono::seconds{5};
    EventStream* events = nullptr; ///< borrowed: told of submitted, cancelled, restarted jobs
};

/// Submits jobs and follows them.
///
/// Thread-safety  Full; concurrent submits share transactions, so one Client for all threads is
///                faster than one each.
/// Blocking       Every member but watch() calls the store on the calling thread.
/// Ownership      Borrows the store, which must outlive it.
/// Errors         Error, as the store threw it; Errc::invalid_argument for a job that breaks a
/// rule.
///                A submit that throws Errc::unknown_outcome may have happened.
class ASYNCJOBS_DECL Client {
    struct Impl;

public:
    /// Ends a watch when destroyed; its callback is not running any more by then, so it must not be
    /// destroyed by the callback itself. Outliving its Client, it has nothing to end.
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

    /// A snapshot whose revision is higher than the last one's; empty, once, if the job is gone.
    using Watcher = std::function<void(const std::optional<Job>&)>;

    explicit Client(JobStore& store, ClientOptions options = {});
    Client(JobStore& store, std::shared_ptr<Runtime> runtime, ClientOptions options = {});
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Returns when the job is durable. An id left null is filled in; one that is taken throws
    /// Errc::conflict if you chose it yourself, a unique key if `on_conflict` says so, and a parent
    /// that is not there Errc::not_found. A repeated idempotency key is an answer.
    ///
    /// A job with an id or key of its own, or with parents, may have to wait for a transaction that
    /// somebody else has open; it holds up none without them.
    Submitted submit(NewJob job);

    /// All in one transaction, with ids in the order of `jobs`; a conflict of one is in its answer
    /// and does not touch the others. In `after`, a job whose idempotency key or unique key was
    /// taken stands for the one that has it.
    std::vector<Submitted> submit(std::initializer_list<NewJob> jobs) {
        return submit_all({jobs.begin(), jobs.end()});
    }
    template <std::same_as<std::vector<NewJob>> Jobs> // so that the braces of one job mean one job
    std::vector<Submitted> submit(Jobs jobs) {
        return submit_all(std::move(jobs));
    }

    /// A fresh id, higher than those before, for jobs that name each other before they are
    /// submitted.
    JobId make_id();

    /// Each job after the one before it, all in one transaction.
    std::vector<Submitted> submit_chain(std::vector<NewJob> jobs);

    /// All `members`, and `callback` after them, in one transaction. Answers the id of the
    /// callback, which is the batch's: its progress is the share of the members that have finished,
    /// its `blocked_by` is how many have not; see also JobQuery::needed_by.
    JobId submit_batch(std::vector<NewJob> members, NewJob callback);

    /// Submits `input`, described by Boost.Describe, as a job of type `Input::type`; the rest of
    /// what is said of the job is in `job`. Answers the id: of the job that has `idempotency_key`
    /// or holds `unique_key` if one does.
    template <detail::OneInput Input>
    JobId submit(const Input& input, NewJob job = {}) {
        return submit(new_job(input, std::move(job))).id;
    }

    std::optional<Job> find(const JobId& id);
    /// In the order of `ids`; empty where there is no such job.
    std::vector<std::optional<Job>> find(std::span<const JobId> ids);
    /// Less of each job, and cheaper: see JobStore::glance().
    std::vector<std::optional<Job>> glance(std::span<const JobId> ids);
    JobPage list(const JobQuery& query);

    /// Whose an expired job was, for a while after it has been deleted.
    std::optional<std::string> purged_owner(const JobId& id);

    /// The job as soon as it is finished, or as it is after `at_most`; empty if there is none. A
    /// handler that waits for a job keeps its thread and its slot meanwhile, which that job may
    /// need; follow-ups and `after` need none.
    std::optional<Job> wait(const JobId& id, Duration at_most);

    /// Calls `watcher` with the job as it is and after each change, until it is finished or gone; a
    /// quick succession of changes may be seen as one. Costs no thread: all watches of a Client
    /// share one, and their reads are batched. The callback must neither block nor throw.
    [[nodiscard]] Watch watch(const JobId& id, Watcher watcher);

    /// Starts now what the first watch() would start: a thread and a timer. For a host that must be
    /// able to watch also when the system has none left.
    void prepare_watches();

    /// A handler that runs hears of it within about a second, in whichever process it is. Throws
    /// Errc::invalid_argument for a reason that is too long.
    CancelOutcome cancel(const JobId& id, const Cancellation& cancellation = {});
    RetryOutcome retry(const JobId& id);
    RemoveOutcome remove(const JobId& id);
    void set_paused(std::string_view queue, bool paused);

    /// Pauses `queue` and waits until nothing of it runs; false if `at_most` was not enough. It
    /// stays paused. What another process is claiming at this very moment may be overlooked.
    bool drain(std::string_view queue, Duration at_most);
    Workload workload(std::string_view queue, std::string_view type);

    /// Limits jobs over all processes, those that were submitted before as well. A limit of the
    /// same name is replaced, and taken away by one that limits nothing. Every executor obeys it
    /// within a second; what runs by then goes on.
    void set_limit(const Limit& limit);
    std::vector<Limit> limits(); ///< by name

private:
    std::vector<Submitted> submit_all(std::vector<NewJob> jobs);

    std::unique_ptr<Impl> impl_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/client.ipp>
#endif
