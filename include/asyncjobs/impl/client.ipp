#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/call_batcher.hpp>
#include <asyncjobs/detail/closable_store.hpp>
#include <asyncjobs/detail/complete_job.hpp>
#include <asyncjobs/detail/deadline.hpp>
#include <asyncjobs/detail/job_event.hpp>
#include <asyncjobs/detail/job_waits.hpp>
#include <asyncjobs/detail/promote.hpp>
#include <asyncjobs/detail/resource_error.hpp>
#include <asyncjobs/detail/watch_loop.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI {

struct Client::Impl {
    Impl(JobStore& to, std::shared_ptr<Runtime> with, ClientOptions how)
        : store(to), runtime(std::move(with)), options(how), own_calls(to),
          submits(batched(1), [this](std::span<const NewJob> jobs) { return commit(jobs); }),
          waiting_submits(batched(most_waiting),
                          [this](std::span<const NewJob> jobs) { return commit(jobs); }) {
        using namespace std::chrono_literals;
        detail::check_range("poll_every", options.poll_every, Duration{1ms}, Duration{1h});
        detail::check_range("stop_within", options.stop_within, Duration{10ms}, Duration{1h});
        detail::check_range("submit_tries", options.submit_tries, 1, 100);
        detail::check_range("batch_limit", options.batch_limit, std::size_t{1},
                            std::size_t{100000});
    }

    /// Fewer than a store has sessions, which leaves some for submits that need not wait.
    static constexpr std::size_t most_waiting = 4;

    /// Calls without a waiting thread end as those of a stopped store do.
    ~Impl() {
        {
            const std::lock_guard lock(lane_mutex);
            is_closed = true;
        }
        own_calls.close(options.stop_within);
        lane.reset();
        watches_.reset();
        const auto stopped = destroyed();
        if (waits) waits->close(stopped);
        submits.fail_all(stopped);
        waiting_submits.fail_all(stopped);
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    using Submits = detail::CallBatcher<NewJob, Submitted>;

    Submits::Options batched(std::size_t concurrency) {
        return {.runtime = *runtime,
                .post = [this](Task task) { post(std::move(task)); },
                .limit = options.batch_limit,
                .concurrency = concurrency,
                .posts = true,
                .expensive = true};
    }

    /// Whether `job` may have to wait for another open transaction: one that has taken its id or
    /// key, or that changes a parent.
    static bool may_have_to_wait(const NewJob& job, bool is_own_id) {
        return is_own_id || job.unique_key || job.idempotency_key || !job.after.empty();
    }

    const std::shared_ptr<detail::WatchLoop>& watches() {
        const std::lock_guard lock(watches_mutex);
        if (!watches_)
            watches_ = std::make_shared<detail::WatchLoop>(store, *runtime, options.poll_every,
                                                           options.stop_within);
        return watches_;
    }

    static std::exception_ptr destroyed() noexcept try {
        return std::make_exception_ptr(Error(Errc::stopped, "the client was destroyed"));
    } catch (...) {
        return std::current_exception();
    }

    /// Posts to a thread for calls that no caller waits in.
    void post(Task task) {
        constexpr unsigned reads = 1, submits_at_a_time = 1 + most_waiting;
        const std::lock_guard lock(lane_mutex);
        if (is_closed) std::rethrow_exception(destroyed());
        if (!lane) lane = runtime->make_lane(reads + submits_at_a_time);
        lane->post(std::move(task));
    }

    detail::JobWaits& job_waits() {
        const std::lock_guard lock(watches_mutex);
        if (!waits)
            waits = std::make_shared<detail::JobWaits>(
                own_calls, *runtime, [this](Task task) { post(std::move(task)); },
                [this] { return watches(); });
        return *waits;
    }

    /// The batches that `job` may join.
    Submits& submits_of(const NewJob& job, bool is_own_id) {
        return may_have_to_wait(job, is_own_id) ? waiting_submits : submits;
    }

    /// Retries until the store returns. A repeated submit that finds its ids taken has found its
    /// own jobs, because an earlier try may have succeeded.
    std::vector<Submitted> commit(std::span<const NewJob> jobs) {
        const Backoff pace{.first = std::chrono::milliseconds{20}, .most = std::chrono::seconds{1}};
        bool may_have_happened = false;
        for (int attempt = 1;; ++attempt) {
            try {
                auto submitted = own_calls.submit(jobs);
                if (may_have_happened)
                    for (auto& one : submitted)
                        if (one.outcome == Submitted::Outcome::id_exists)
                            one.outcome = Submitted::Outcome::created;
                announce(jobs);
                if (options.events) publish_submitted(jobs, submitted);
                if (std::ranges::any_of(jobs, [](const NewJob& job) { return !job.after.empty(); }))
                    promote();
                return submitted;
            } catch (const Error& error) {
                may_have_happened |= error.code() == Errc::unknown_outcome;
                if (error.code() == Condition::retryable && attempt < options.submit_tries)
                    runtime->make_event()->wait(
                        runtime->now() +
                        detail::backoff_delay(pace, attempt,
                                              detail::unit_interval(runtime->random())));
                else if (may_have_happened && error.code() != Errc::unknown_outcome)
                    throw Error(Errc::unknown_outcome, error.what());
                else
                    throw;
            }
        }
    }

    /// The next sweep does what fails here.
    void promote() {
        try {
            detail::promote_all(store, *runtime, options.events);
        } catch (const Error&) {
        }
    }

    void announce(std::span<const NewJob> jobs) {
        if (jobs.size() == 1) return store.notifier().ready(jobs.front().queue);
        std::set<std::string_view> queues;
        for (const auto& job : jobs)
            if (queues.insert(job.queue).second) store.notifier().ready(job.queue);
    }

    void publish_submitted(std::span<const NewJob> jobs, std::span<const Submitted> submitted) {
        const auto now = runtime->wall_clock();
        std::vector<JobEvent> events;
        for (std::size_t i = 0; i < jobs.size(); ++i)
            if (submitted[i].outcome == Submitted::Outcome::created)
                events.push_back({.kind = JobEvent::Kind::submitted,
                                  .job = jobs[i].id,
                                  .type = jobs[i].type,
                                  .queue = jobs[i].queue,
                                  .at = now,
                                  .created_at = submitted[i].created_at});
        options.events->publish(std::move(events));
    }

    void publish(JobEvent::Kind kind, std::span<const JobId> ids) {
        std::vector<std::pair<JobEvent::Kind, JobId>> happened;
        happened.reserve(ids.size());
        for (const JobId& id : ids) happened.emplace_back(kind, id);
        options.events->publish(detail::job_events(store, happened, runtime->wall_clock()));
    }

    void notify_cancelled(std::span<const JobId> ids, std::span<const CancelOutcome> outcomes,
                          bool is_forced) {
        std::vector<JobId> changed, cancelled;
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const bool is_cancelled = outcomes[i] == CancelOutcome::cancelled;
            if (!is_cancelled && outcomes[i] != CancelOutcome::requested) continue;
            if (!is_cancelled || is_forced) store.notifier().cancel_requested(ids[i]);
            changed.push_back(ids[i]);
            if (is_cancelled) cancelled.push_back(ids[i]);
        }
        if (!changed.empty()) store.notifier().changed(changed);
        if (cancelled.empty()) return;
        if (options.events) publish(JobEvent::Kind::cancelled, cancelled);
        promote();
    }

    void notify_retried(std::span<const JobId> ids) {
        if (ids.empty()) return;
        if (options.events) publish(JobEvent::Kind::restarted, ids);
        notify_due(ids);
    }

    /// Jobs have changed, and are due.
    void notify_due(std::span<const JobId> ids) {
        if (ids.empty()) return;
        store.notifier().changed(ids);
        std::set<std::string> queues;
        for (auto& job : store.find_summaries(ids))
            if (job) queues.insert(std::move(job->queue));
        for (const std::string& queue : queues) store.notifier().ready(queue);
    }

    /// Refuses what the store does not support here: in commit(), it would fail the other jobs of
    /// the batch.
    bool complete(NewJob& job) {
        check_supported(job, store.capabilities());
        return detail::complete(job, *runtime, id_clock);
    }

    JobStore& store;
    const std::shared_ptr<Runtime> runtime;
    const ClientOptions options;
    detail::ClosableStore own_calls; ///< of submits, and of reads without a waiting thread
    detail::IdClock id_clock;
    Submits submits, waiting_submits;
    std::mutex watches_mutex;
    std::shared_ptr<detail::WatchLoop> watches_; ///< never replaced
    std::shared_ptr<detail::JobWaits> waits;     ///< never replaced
    std::mutex lane_mutex;
    bool is_closed = false;
    std::unique_ptr<Lane> lane; ///< null until a call needs it
};

namespace detail {

/// What Client::submit() requires of an outcome.
struct SubmitRules {
    explicit SubmitRules(const NewJob& job, bool has_own_id)
        : is_own_id(has_own_id), refuses(job.on_conflict == OnConflict::refuse) {}

    Submitted checked(Submitted submitted) const {
        using Outcome = Submitted::Outcome;
        const std::string id(submitted.id.text());
        if (submitted.outcome == Outcome::id_exists && (is_own_id || refuses))
            throw Error(Errc::conflict, "job " + id + " exists already");
        if (submitted.outcome == Outcome::key_taken && refuses)
            throw Error(Errc::conflict, "job " + id + " holds the unique key");
        if (submitted.outcome == Outcome::parent_missing)
            throw Error(Errc::not_found, "after names " + id + ", but no such job exists");
        return submitted;
    }

    bool is_own_id, refuses;
};

} // namespace detail

struct Client::Watch::Entry {
    explicit Entry(const std::shared_ptr<detail::WatchLoop>& in) : loop(in) {}
    ~Entry() {
        if (const auto alive = loop.lock(); alive && watched) alive->remove(watched);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    const std::weak_ptr<detail::WatchLoop> loop; ///< empty once the client is destroyed
    detail::WatchLoop::WatchedPtr watched = {};
};

ASYNCJOBS_INLINE Client::Watch::Watch() noexcept = default;
ASYNCJOBS_INLINE Client::Watch::Watch(Watch&&) noexcept = default;
ASYNCJOBS_INLINE Client::Watch& Client::Watch::operator=(Watch&&) noexcept = default;
ASYNCJOBS_INLINE Client::Watch::~Watch() = default;
ASYNCJOBS_INLINE Client::Watch::Watch(std::unique_ptr<Entry> entry) noexcept
    : entry_(std::move(entry)) {}

ASYNCJOBS_INLINE Client::Client(JobStore& store, ClientOptions options)
    : Client(store, make_runtime(), options) {}

ASYNCJOBS_INLINE Client::Client(JobStore& store, std::shared_ptr<Runtime> runtime,
                                ClientOptions options) try
    : impl_(std::make_unique<Impl>(store, std::move(runtime), options)) {
} catch (...) {
    detail::rethrow_as_error("a client");
}

ASYNCJOBS_INLINE Client::~Client() = default;

ASYNCJOBS_INLINE StoreCapabilities Client::capabilities() const noexcept {
    return impl_->store.capabilities();
}

ASYNCJOBS_INLINE Submitted Client::submit(NewJob job) {
    const bool is_own_id = !impl_->complete(job);
    const detail::SubmitRules rules(job, is_own_id);
    auto& submits = impl_->submits_of(job, is_own_id);
    return rules.checked(submits.call(std::move(job)));
}

ASYNCJOBS_INLINE void
Client::submit_async(NewJob job, std::function<void(std::exception_ptr, Submitted)> done) {
    const bool is_own_id = !impl_->complete(job);
    const detail::SubmitRules rules(job, is_own_id);
    auto& submits = impl_->submits_of(job, is_own_id);
    submits.enqueue(std::move(job), [rules, done = std::move(done)](auto outcome) {
        try {
            outcome.result = rules.checked(outcome.take());
        } catch (...) {
            outcome.error = std::current_exception();
        }
        const bool is_error = outcome.error != nullptr;
        done(std::move(outcome.error), is_error ? Submitted() : std::move(outcome.result));
    });
}

ASYNCJOBS_INLINE std::vector<Submitted> Client::submit_all(std::vector<NewJob> jobs) {
    for (auto& job : jobs) impl_->complete(job);
    return jobs.empty() ? std::vector<Submitted>() : impl_->commit(jobs);
}

ASYNCJOBS_INLINE JobId Client::make_id() {
    return detail::make_id(*impl_->runtime, impl_->id_clock);
}

ASYNCJOBS_INLINE std::vector<Submitted> Client::submit_chain(std::vector<NewJob> jobs) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        impl_->complete(jobs[i]);
        if (i > 0) jobs[i].after.push_back(jobs[i - 1].id);
    }
    return submit(std::move(jobs));
}

ASYNCJOBS_INLINE JobId Client::submit_batch(std::vector<NewJob> members, NewJob callback) {
    for (auto& member : members) {
        impl_->complete(member);
        callback.after.push_back(member.id);
    }
    members.push_back(std::move(callback));
    return submit(std::move(members)).back().id;
}

ASYNCJOBS_INLINE std::optional<Job> Client::find(const JobId& id) {
    return std::move(impl_->store.find(std::span(&id, 1)).front());
}

ASYNCJOBS_INLINE std::vector<std::optional<Job>> Client::find(std::span<const JobId> ids) {
    return impl_->store.find(ids);
}

ASYNCJOBS_INLINE std::vector<std::optional<Job>>
Client::find_summaries(std::span<const JobId> ids) {
    return impl_->store.find_summaries(ids);
}

ASYNCJOBS_INLINE JobPage Client::list(const JobQuery& query) { return impl_->store.list(query); }

ASYNCJOBS_INLINE std::optional<std::string> Client::tombstone_owner(const JobId& id) {
    return impl_->store.tombstone_owner(id);
}

ASYNCJOBS_INLINE std::optional<Job> Client::wait(const JobId& id, Duration at_most) {
    return std::move(wait(std::span(&id, 1), at_most).front());
}

ASYNCJOBS_INLINE std::vector<std::optional<Job>> Client::wait(std::span<const JobId> ids,
                                                              Duration at_most) {
    const auto deadline = detail::deadline_after(impl_->runtime->now(), at_most);
    const auto is_over = [](const std::optional<Job>& job) {
        return !job || is_finished(job->status);
    };
    auto jobs = find(ids);
    std::atomic<std::size_t> left{static_cast<std::size_t>(
        std::ranges::count_if(jobs, [&](const auto& job) { return !is_over(job); }))};
    if (left == 0) return jobs;

    const auto ended = impl_->runtime->make_event();
    std::vector<Watch> watches;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (is_over(jobs[i])) continue;
        watches.push_back(watch(ids[i], [&, i](const std::optional<Job>& job) {
            if (!is_over(job)) return;
            jobs[i] = job;
            if (--left == 0) ended->set();
        }));
    }
    if (ended->wait(deadline)) return jobs;
    return find(ids);
}

struct Client::WaitHandle::Entry {
    std::weak_ptr<detail::JobWaits> waits;
    std::weak_ptr<detail::JobWaits::Wait> wait;
};

ASYNCJOBS_INLINE Client::WaitHandle::WaitHandle() noexcept = default;
ASYNCJOBS_INLINE Client::WaitHandle::WaitHandle(const WaitHandle&) noexcept = default;
ASYNCJOBS_INLINE Client::WaitHandle&
Client::WaitHandle::operator=(const WaitHandle&) noexcept = default;
ASYNCJOBS_INLINE Client::WaitHandle::~WaitHandle() = default;

ASYNCJOBS_INLINE void Client::WaitHandle::cancel() const {
    if (!entry_) return;
    const auto waits = entry_->waits.lock();
    const auto wait = entry_->wait.lock();
    if (waits && wait) waits->cancel(wait);
}

ASYNCJOBS_INLINE Client::WaitHandle
Client::wait_async(const JobId& id, Duration at_most,
                   std::function<void(std::exception_ptr, std::optional<Job>)> done) {
    auto& waits = impl_->job_waits();
    WaitHandle handle;
    const auto wait = waits.start(id, at_most, std::move(done));
    handle.entry_ =
        std::make_shared<const WaitHandle::Entry>(WaitHandle::Entry{waits.weak_from_this(), wait});
    return handle;
}

ASYNCJOBS_INLINE std::optional<JsonText> Client::wait_for_result(const JobId& id,
                                                                 Duration at_most) {
    const auto job = wait(id, at_most);
    const auto named = [&] { return "job " + std::string(id.text()); };
    if (!job) throw Error(Errc::not_found, "no such job: " + std::string(id.text()));
    switch (job->status) {
    case JobStatus::completed:
        return job->result.value_or(JsonText());
    case JobStatus::failed:
        throw Error(Errc::conflict, job->error ? fmt::format("{} failed: {} ({})", named(),
                                                             job->error->message, job->error->code)
                                               : named() + " failed");
    case JobStatus::cancelled:
        throw Error(Errc::conflict, named() + " was cancelled");
    default:
        return std::nullopt;
    }
}

ASYNCJOBS_INLINE Client::Watch Client::watch(const JobId& id, Watcher watcher) {
    try {
        const auto& watches = impl_->watches();
        auto entry = std::make_unique<Watch::Entry>(watches);
        entry->watched = watches->add(id, std::move(watcher));
        return Watch(std::move(entry));
    } catch (...) {
        detail::rethrow_as_error("a watch");
    }
}

ASYNCJOBS_INLINE void Client::prepare_watches() { impl_->watches(); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI
