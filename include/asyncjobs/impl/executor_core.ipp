#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/deadline.hpp>
#include <asyncjobs/detail/executor_core.hpp>
#include <asyncjobs/detail/job_event.hpp>

#include <boost/asio/ip/host_name.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <thread>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

inline unsigned checked_concurrency(unsigned concurrency) {
    if (concurrency == 0) return std::max(2u, std::thread::hardware_concurrency());
    check_range("concurrency", concurrency, 1u, 10000u);
    return concurrency;
}

inline std::vector<ServedQueue> checked_queues(std::vector<ServedQueue> queues) {
    if (queues.empty())
        throw Error(Errc::invalid_argument, "queues is empty, but must name at least one queue");
    for (const auto& [name, weight] : queues) {
        if (!is_name(name))
            throw Error(Errc::invalid_argument,
                        fmt::format("queues holds \"{}\", but a queue's name must be 1-100 "
                                    "characters of A-Z a-z 0-9 . _ : / -",
                                    printable(name)));
        check_range(fmt::format("the weight of queue {}", name), weight, 0u, 1000u);
    }
    return queues;
}

inline void check_limits(const std::vector<Limit>& limits) {
    std::set<std::string_view> names;
    for (const Limit& limit : limits) {
        validate(limit, "limits holds a limit whose ");
        if (!names.insert(limit.name).second)
            refuse("limits", limit.name, "each must have a name of its own");
    }
}

inline ExecutorOptions checked(ExecutorOptions options) {
    using namespace std::chrono_literals;
    options.concurrency = checked_concurrency(options.concurrency);
    options.queues = checked_queues(std::move(options.queues));
    if (!is_label(options.worker) || options.worker.size() > 200)
        throw Error(Errc::invalid_argument,
                    fmt::format("worker is \"{}\", but must be at most 200 bytes of UTF-8 without "
                                "control characters",
                                printable(options.worker)));
    check_range("threads", options.threads, 0u, 10000u);
    check_range("lease_for", options.lease_for, Duration{100ms}, Duration{24h});
    check_range("poll_every", options.poll_every, Duration{1ms}, Duration{1h});
    check_range("report_every", options.report_every, Duration{1ms}, Duration{1min});
    check_range("rescue_every", options.rescue_every, Duration{1ms}, Duration{1h});
    check_range("purge_every", options.purge_every, Duration{1ms}, Duration{24h});
    check_range("timeout_grace", options.timeout_grace, Duration{0}, Duration{1h});
    check_range("crash_limit", options.crash_limit, 1, 1000);
    check_range("record_within", options.record_within, Duration{10ms}, Duration{1h});
    check_range("prefetch_limit", options.prefetch_limit, 0u, 100000u);
    check_limits(options.limits);
    return options;
}

inline int process_id() {
#ifdef _WIN32
    return ::_getpid();
#else
    return ::getpid();
#endif
}

/// Unique to one executor, so that leases_of() returns its own leases only.
inline std::string worker_name(const std::string& requested, std::uint64_t random_bits) {
    constexpr std::size_t longest_host = 64;
    std::string base = requested;
    if (requested.empty()) {
        boost::system::error_code failed;
        const std::string host = boost::asio::ip::host_name(failed).substr(0, longest_host);
        base = fmt::format("{}:{}", failed ? "host" : printable(host), process_id());
    }
    return fmt::format("{}/{:08x}", base, random_bits & 0xFFFFFFFF);
}

inline void check_middleware(std::span<const Middleware> chain) {
    for (const auto& middleware : chain)
        if (!middleware)
            throw Error(Errc::invalid_argument,
                        "middleware holds an empty function, but must hold none");
}

ASYNCJOBS_INLINE ExecutorCore::ExecutorCore(JobStore& store, Runtime& runtime,
                                            ExecutorOptions options)
    : store_(store), runtime_(runtime), options_(checked(std::move(options))),
      worker_(worker_name(options_.worker, runtime.random())), planner_(options_),
      drained_(runtime.make_event()), link_(std::make_shared<Link>()),
      access_(
          std::make_shared<HandlerStore>(store_, runtime, options_.lease_for,
                                         [this](LogEntry::Level level, const std::string& message,
                                                const JobId& job) { log(level, message, job); })),
      claim_timer_(runtime.make_timer([this] { claim_soon(); })),
      refused_timer_(
          runtime.make_timer([this] { exchange_lane_->post([this] { settle_refused(); }); })),
      exchange_lane_(runtime.make_lane(1)), maintenance_lane_(runtime.make_lane(1)),
      workers_(runtime.make_lane(planner_.threads())) {
    link_->core = this;
    std::function<void(const ClaimedJob&, int)> progressed;
    if (options_.events)
        progressed = [this](const ClaimedJob& job, int percent) { publish_progress(job, percent); };
    lease_keeper_ = std::make_unique<LeaseKeeper>(
        runtime_, store_, *maintenance_lane_,
        LeaseKeeper::Options{options_.lease_for, options_.report_every, options_.timeout_grace},
        LeaseKeeper::Hooks{.under_way = [this] { return under_way(); },
                           .give_up = [this](const AttemptPtr& attempt) { give_up(attempt); },
                           .on_beat = [this] { release_overdue(); },
                           .progressed = std::move(progressed)});
    maintenance_ = std::make_unique<Maintenance>(
        runtime_, store_, *maintenance_lane_,
        Maintenance::Options{options_.rescue_every, options_.purge_every, options_.crash_limit,
                             options_.events},
        Maintenance::Hooks{
            .may_rescue = [this] { return may_rescue(); },
            .on_rescued = [this](const std::vector<Rescued>& rescued) { on_rescued(rescued); },
            .on_clock_notice = [this](const ClockNotice& notice) { on_clock_notice(notice); }});
    auto& notifier = store_.notifier();
    ready_subscription_ = notifier.on_ready([this](std::string_view queue) { on_ready(queue); });
    cancel_subscription_ = notifier.on_cancel_requested(
        [this](std::span<const JobId> ids) { on_cancel_requested(ids); });
}

ASYNCJOBS_INLINE ExecutorCore::~ExecutorCore() {
    stop({}, std::chrono::seconds{5});
    stop_lane_.reset();
    store_.close(stopped_in_time_ ? options_.record_within : Duration{0});
    access_->close();
    const std::unique_lock lock(link_->mutex);
    link_->core = nullptr;
}

ASYNCJOBS_INLINE void ExecutorCore::handle(std::string type, Handler handler) {
    const Lock lock(mutex_);
    if (phase_ != Phase::created)
        throw Error(Errc::conflict, "handlers are registered before the executor starts");
    check_name("type", type);
    if (!handler.run && !handler.run_async)
        throw Error(Errc::invalid_argument, fmt::format("the handler of {} is empty", type));
    check_middleware(handler.options.middleware);
    check_range("timeout", handler.options.timeout, Duration{0}, Duration{std::chrono::days{365}});
    const auto [entry, added] = handlers_.try_emplace(std::move(type), std::move(handler));
    if (!added)
        throw Error(Errc::invalid_argument,
                    fmt::format("type {} has a handler already", entry->first));
    planner_.add_handler(kind_of(entry->second));
}

ASYNCJOBS_INLINE void ExecutorCore::use(Middleware middleware) {
    const Lock lock(mutex_);
    if (phase_ != Phase::created)
        throw Error(Errc::conflict, "middleware is registered before the executor starts");
    check_middleware(std::span(&middleware, 1));
    middleware_.push_back(std::move(middleware));
}

ASYNCJOBS_INLINE const ExecutorCore*& ExecutorCore::runs_handler_of() noexcept {
    thread_local const ExecutorCore* core = nullptr;
    return core;
}

/// Types without middleware keep their handlers unchanged.
ASYNCJOBS_INLINE void ExecutorCore::wrap_handlers() {
    for (auto& [type, handler] : handlers_) {
        auto chain = middleware_;
        chain.insert(chain.end(), handler.options.middleware.begin(),
                     handler.options.middleware.end());
        if (chain.empty()) continue;
        if (handler.run)
            handler.run = wrapped(std::move(chain), std::move(handler.run));
        else
            handler.run_async = wrapped(std::move(chain), std::move(handler.run_async));
    }
}

ASYNCJOBS_INLINE void ExecutorCore::start() {
    Lock lock(mutex_);
    if (phase_ != Phase::created)
        throw Error(Errc::conflict, "the executor has been started or stopped before");
    if (planner_.has_async())
        async_lane_ = runtime_.make_lane(1); // may throw; start() can then be called again
    wrap_handlers();
    planner_.open();
    maintenance_->start();
    phase_ = Phase::started;
    schedule_exchange(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::set_concurrency(unsigned concurrency) {
    concurrency = checked_concurrency(concurrency);
    Lock lock(mutex_);
    planner_.set_concurrency(concurrency);
    workers_->set_threads(planner_.threads());
    dispatch(lock);
    schedule_exchange(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::set_queues(std::vector<ServedQueue> queues) {
    QueueOrder order(checked_queues(std::move(queues)));
    Lock lock(mutex_);
    planner_.set_queues(std::move(order));
    schedule_exchange(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::stop(Duration grace, Duration grace_to_stop,
                                         std::optional<Duration> record_within) {
    if (runs_handler_of() == this)
        throw Error(Errc::conflict, "a handler can't stop the executor that runs it");
    Lock lock(mutex_);
    if (phase_ == Phase::stopped) return;
    phase_ = Phase::stopping;
    for (const auto& attempt : planner_.close()) release(lock, attempt);
    schedule_exchange(lock);
    notice_drained(lock);
    lock.unlock();

    auto deadline = deadline_after(runtime_.now(), grace);
    if (!drained_->wait(deadline)) {
        for (const auto& attempt : under_way()) attempt->stop(StopReason::shutdown);
        deadline = deadline_after(deadline, grace_to_stop);
        if (!drained_->wait(deadline)) {
            lock.lock();
            for (const auto& [id, attempt] : live_) release(lock, attempt);
            schedule_exchange(lock);
            lock.unlock();
            stopped_in_time_ = drained_->wait(
                deadline_after(deadline, record_within.value_or(options_.record_within)));
        }
    }
    halt();
}

ASYNCJOBS_INLINE void ExecutorCore::stop_async(Duration grace, Duration grace_to_stop,
                                               std::function<void()> done) {
    Lock lock(mutex_);
    if (!stop_lane_) stop_lane_ = runtime_.make_lane(1);
    stop_lane_->set_threads(stops_ + 1);
    stop_lane_->post([this, grace, grace_to_stop, done = std::move(done)] {
        stop(grace, grace_to_stop);
        done();
        const Lock ended(mutex_);
        --stops_;
    });
    ++stops_;
}

/// Nothing starts any more; running handlers end without effect.
ASYNCJOBS_INLINE void ExecutorCore::halt() {
    const std::lock_guard halting(halt_mutex_);
    ready_subscription_ = {};
    cancel_subscription_ = {};
    maintenance_->stop();
    lease_keeper_->stop();
    Lock lock(mutex_);
    phase_ = Phase::stopped;
    const auto timer = std::move(claim_timer_);
    const auto refused_timer = std::move(refused_timer_);
    lock.unlock();
    drained_->set();
}

ASYNCJOBS_INLINE void ExecutorCore::notice_drained(Lock&) {
    if (phase_ == Phase::stopping && live_.empty() && !exchanging_) drained_->set();
}

ASYNCJOBS_INLINE void ExecutorCore::on_ready(std::string_view queue) {
    Lock lock(mutex_);
    if (planner_.jobs_are_due(queue)) schedule_exchange(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::on_cancel_requested(std::span<const JobId> ids) {
    Attempts concerned;
    Lock lock(mutex_);
    for (const auto& id : ids)
        if (const auto found = live_.find(id); found != live_.end())
            concerned.push_back(found->second);
    lock.unlock();
    if (!concerned.empty()) lease_keeper_->look_at(concerned);
}

/// A live worker must not be taken for lost: leases that expired in an outage, or while this
/// machine slept, are renewed by their holders first.
ASYNCJOBS_INLINE bool ExecutorCore::may_rescue() {
    {
        const Lock lock(mutex_);
        if (faults_ > 0 || runtime_.now() < no_rescue_before_) return false;
    }
    return lease_keeper_->renew_before_sweep();
}

ASYNCJOBS_INLINE void ExecutorCore::on_rescued(const std::vector<Rescued>& rescued) {
    std::vector<JobId> changed;
    for (const auto& job : rescued) {
        changed.push_back(job.id);
        log(job.status == JobStatus::failed ? LogEntry::Level::error : LogEntry::Level::warning,
            fmt::format("worker lost; its job is {} now", to_string(job.status)), job.id);
    }
    if (options_.events) publish_rescued(rescued);
    store_.notifier().changed(changed);
    for (const auto& job : rescued)
        if (job.status == JobStatus::pending) store_.notifier().ready(job.queue);
}

ASYNCJOBS_INLINE void ExecutorCore::on_clock_notice(const ClockNotice& notice) {
    const auto seconds = std::chrono::round<std::chrono::seconds>(notice.by).count();
    using Kind = ClockNotice::Kind;
    const auto text = [&] {
        switch (notice.kind) {
        case Kind::set_back:
            return fmt::format("the job store's clock was set back by {} s: the times of its jobs "
                               "were moved back as well",
                               seconds);
        case Kind::other_ahead:
            return fmt::format("the clock of another process that uses this job store is {} s "
                               "ahead: the times of its jobs are moved back",
                               seconds);
        case Kind::other_behind:
            break;
        }
        return fmt::format("the clock of another process that uses this job store is {} s behind: "
                           "leases expire that much later",
                           seconds);
    };
    log(LogEntry::Level::warning, text());
}

ASYNCJOBS_INLINE void ExecutorCore::publish_progress(const ClaimedJob& job, int percent) {
    auto event = job_event(JobEvent::Kind::progressed, job, runtime_.wall_clock());
    event.percent = percent;
    options_.events->publish({std::move(event)});
}

ASYNCJOBS_INLINE void ExecutorCore::publish_started(const ClaimedJob& job) {
    options_.events->publish({job_event(JobEvent::Kind::started, job, runtime_.wall_clock())});
}

ASYNCJOBS_INLINE void ExecutorCore::publish_rescued(const std::vector<Rescued>& rescued) {
    std::vector<std::pair<JobEvent::Kind, JobId>> happened;
    for (const auto& job : rescued) happened.emplace_back(event_kind(job), job.id);
    options_.events->publish(
        job_events(store_, happened, runtime_.wall_clock(), error_code::worker_lost));
}

ASYNCJOBS_INLINE void ExecutorCore::log(LogEntry::Level level, const std::string& message,
                                        const JobId& job) {
    if (!options_.log) return;
    const std::lock_guard lock(log_mutex_);
    options_.log({level, message, job});
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
