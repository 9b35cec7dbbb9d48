#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/deadline.hpp>
#include <asyncjobs/detail/executor_core.hpp>
#include <asyncjobs/detail/worker_name.hpp>
#include <asyncjobs/store/store_helpers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <thread>

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

inline ExecutorOptions checked(ExecutorOptions options, const StoreCapabilities& store) {
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
    check_range("heartbeat_every", options.heartbeat_every, Duration{100ms}, Duration{1min});
    check_label("version", options.version);
    check_range("timeout_grace", options.timeout_grace, Duration{0}, Duration{1h});
    check_range("crash_limit", options.crash_limit, 1, 1000);
    check_range("record_within", options.record_within, Duration{10ms}, Duration{1h});
    check_range("prefetch_limit", options.prefetch_limit, 0u, 100000u);
    check_limits(options.limits);
    check_supported(options.limits, store);
    return options;
}

ASYNCJOBS_INLINE ExecutorCore::ExecutorCore(JobStore& store, Runtime& runtime,
                                            ExecutorOptions options)
    : store_(store), runtime_(runtime), options_(checked(std::move(options), store.capabilities())),
      worker_(worker_name(options_.worker, runtime.random())), reports_(store_, runtime, options_),
      handlers_(options_.retry), planner_(options_), drained_(runtime.make_event()),
      link_(std::make_shared<Link>()),
      access_(std::make_shared<HandlerStore>(
          store_, runtime, options_.lease_for,
          [this](LogEntry::Level level, const std::string& message, const JobId& job) {
              reports_.log(level, message, job);
          })),
      exchange_loop_(
          {.store = store_,
           .runtime = runtime_,
           .options = options_,
           .worker = worker_,
           .reports = reports_},
          {.mutex = mutex_,
           .planner = planner_,
           .live = live_,
           .tallies = store_.operators() ? &tallies_ : nullptr},
          {.adopt = [this](Lock& lock, std::vector<ClaimedJob> jobs, SteadyTime claimed_at,
                           bool ahead) { return adopt(lock, std::move(jobs), claimed_at, ahead); },
           .settled = [this](Lock& lock) { notice_drained(lock); },
           .promote_soon = [this] { maintenance_->promote_soon(); }}),
      maintenance_lane_(runtime.make_lane(1)), workers_(runtime.make_lane(planner_.threads())) {
    link_->core = this;
    std::function<void(const ClaimedJob&, int)> progressed;
    if (reports_.has_events())
        progressed = [this](const ClaimedJob& job, int percent) {
            reports_.progressed(job, percent);
        };
    lease_keeper_ = std::make_unique<LeaseKeeper>(
        runtime_, store_, *maintenance_lane_,
        LeaseKeeper::Options{options_.lease_for, options_.report_every, options_.timeout_grace},
        LeaseKeeper::Hooks{.under_way = [this] { return live_attempts(); },
                           .give_up = [this](const AttemptPtr& attempt) { give_up(attempt); },
                           .on_beat = [this] { release_overdue(); },
                           .progressed = std::move(progressed)});
    maintenance_ = std::make_unique<Maintenance>(
        runtime_, store_, *maintenance_lane_,
        Maintenance::Options{options_.rescue_every, options_.purge_every, options_.crash_limit,
                             options_.events},
        Maintenance::Hooks{
            .may_rescue = [this] { return may_rescue(); },
            .on_rescued = [this](const std::vector<Rescued>& jobs) { on_rescued(jobs); },
            .on_clock_notice =
                [this](const ClockNotice& notice) { reports_.clock_notice(notice); }});
    heartbeats_ = make_heartbeats();
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
    planner_.add_handler(handlers_.add(std::move(type), std::move(handler)));
}

ASYNCJOBS_INLINE void ExecutorCore::use(Middleware middleware) {
    const Lock lock(mutex_);
    if (phase_ != Phase::created)
        throw Error(Errc::conflict, "middleware is registered before the executor starts");
    handlers_.use(std::move(middleware));
}

ASYNCJOBS_INLINE const ExecutorCore*& ExecutorCore::runs_handler_of() noexcept {
    thread_local const ExecutorCore* core = nullptr;
    return core;
}

ASYNCJOBS_INLINE void ExecutorCore::start() {
    Lock lock(mutex_);
    if (phase_ != Phase::created)
        throw Error(Errc::conflict, "the executor has been started or stopped before");
    if (planner_.has_async())
        async_lane_ = runtime_.make_lane(1); // may throw; start() can then be called again
    handlers_.wrap();
    planner_.open();
    exchange_loop_.open(lock);
    maintenance_->start();
    started_at_ = runtime_.wall_clock();
    phase_ = Phase::started;
    if (heartbeats_) heartbeats_->start();
    exchange_loop_.schedule(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::set_concurrency(unsigned concurrency) {
    concurrency = checked_concurrency(concurrency);
    Lock lock(mutex_);
    planner_.set_concurrency(concurrency);
    workers_->set_threads(planner_.threads());
    dispatch(lock);
    exchange_loop_.schedule(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::set_queues(std::vector<ServedQueue> queues) {
    QueueOrder order(checked_queues(std::move(queues)));
    Lock lock(mutex_);
    planner_.set_queues(std::move(order));
    exchange_loop_.schedule(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::stop(Duration grace, Duration grace_to_stop,
                                         std::optional<Duration> record_within) {
    if (runs_handler_of() == this)
        throw Error(Errc::conflict, "a handler can't stop the executor that runs it");
    Lock lock(mutex_);
    if (phase_ == Phase::stopped) return;
    phase_ = Phase::stopping;
    for (const auto& attempt : planner_.close()) exchange_loop_.release(lock, attempt);
    exchange_loop_.schedule(lock);
    notice_drained(lock);
    lock.unlock();

    const Duration to_record = record_within.value_or(options_.record_within);
    auto deadline = deadline_after(runtime_.now(), grace);
    if (!drained_->wait(deadline)) {
        for (const auto& attempt : live_attempts()) attempt->stop(StopReason::shutdown);
        deadline = deadline_after(deadline, grace_to_stop);
        if (!drained_->wait(deadline)) {
            lock.lock();
            for (const auto& attempt : live_.all()) exchange_loop_.release(lock, attempt);
            exchange_loop_.schedule(lock);
            lock.unlock();
            stopped_in_time_ = drained_->wait(deadline_after(deadline, to_record));
        }
    }
    if (heartbeats_)
        heartbeats_->stop(deadline_after(std::min(deadline, runtime_.now()), to_record));
    halt();
}

ASYNCJOBS_INLINE void ExecutorCore::stop_async(Duration grace, Duration grace_to_stop,
                                               std::function<void()> done) {
    Lock lock(mutex_);
    if (!stop_lane_) stop_lane_ = runtime_.make_lane(1);
    stop_lane_->set_threads(stops_ + 1);
    // Ends when the task has run, or is dropped because the executor is destroyed.
    struct Ending {
        std::function<void()> done = {};
        bool is_posted = false;

        ~Ending() {
            if (is_posted) done();
        }
    };
    const auto ending = std::make_shared<Ending>();
    ending->done = std::move(done);
    stop_lane_->post([this, grace, grace_to_stop, ending] {
        stop(grace, grace_to_stop);
        const Lock ended(mutex_);
        --stops_;
    });
    ending->is_posted = true;
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
    exchange_loop_.close(lock);
    drained_->set();
}

ASYNCJOBS_INLINE void ExecutorCore::notice_drained(Lock& lock) {
    if (phase_ == Phase::stopping && live_.empty() && exchange_loop_.is_idle(lock)) drained_->set();
}

ASYNCJOBS_INLINE Attempts ExecutorCore::live_attempts() {
    const Lock lock(mutex_);
    return live_.all();
}

ASYNCJOBS_INLINE void ExecutorCore::on_ready(std::string_view queue) {
    Lock lock(mutex_);
    if (planner_.jobs_are_due(queue)) exchange_loop_.schedule(lock);
}

ASYNCJOBS_INLINE void ExecutorCore::on_cancel_requested(std::span<const JobId> ids) {
    Attempts concerned;
    Lock lock(mutex_);
    for (const auto& id : ids)
        if (auto attempt = live_.find(id)) concerned.push_back(std::move(attempt));
    lock.unlock();
    if (!concerned.empty()) lease_keeper_->look_at(concerned);
}

/// A live worker must not be taken for lost: leases that expired in an outage, or while this
/// machine slept, are renewed by their holders first.
ASYNCJOBS_INLINE bool ExecutorCore::may_rescue() {
    {
        Lock lock(mutex_);
        if (!exchange_loop_.may_rescue(lock)) return false;
    }
    return lease_keeper_->renew_before_sweep();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
