#include <asyncjobs/detail/resource_error.hpp>
#include <asyncjobs/schedules/scheduler.hpp>

#include "schedule_record.hpp"
#include "slots.hpp"

#include <asyncjobs/client.hpp>

#include <fmt/format.h>

#include <functional>
#include <map>
#include <mutex>

namespace asyncjobs::inline ASYNCJOBS_ABI {

namespace {

using namespace std::chrono_literals;
using namespace schedules;
using Outcome = Submitted::Outcome;

constexpr Duration patience = 30s; ///< waits so long for a schedule that is firing
constexpr Duration between_tries = 20ms;

/// Serialises the executor's log entries and the scheduler's own.
std::function<void(const LogEntry&)> one_at_a_time(std::function<void(const LogEntry&)> log) {
    if (!log) return [](const LogEntry&) {};
    return [log = std::move(log), mutex = std::make_shared<std::mutex>()](const LogEntry& entry) {
        const std::lock_guard lock(*mutex);
        log(entry);
    };
}

/// A record that makes the schedule's job complete without a successor.
ScheduleRecord removal(std::string_view name) {
    return {.name = std::string(name), .removed = true};
}

ScheduleStatus to_status(const ScheduleRecord& record) {
    return {.name = record.name,
            .schedule = to_schedule(record.spec),
            .paused = !record.slot,
            .next_slot = record.slot,
            .last_slot = record.last_slot,
            .last_job = JobId::parse(record.last_job)};
}

} // namespace

struct Scheduler::Impl {
    /// Returns the changed schedule; empty: unchanged.
    using Change = std::function<std::optional<ScheduleRecord>(const ScheduleRecord&)>;

    Impl(JobStore& store, std::shared_ptr<Runtime> with, SchedulerOptions options)
        : runtime(std::move(with)), log(one_at_a_time(std::move(options.log))),
          client(store, runtime),
          executor(store, runtime,
                   {.queues = {std::string(schedule_queue)},
                    .concurrency = 1,
                    .lease_for = options.lease_for,
                    .poll_every = options.poll_every,
                    .crash_limit = 1000, // a schedule must not end because processes do
                    .retry = Backoff{.first = 100ms, .most = 10s},
                    .log = log}) {
        executor.handle(
            std::string(schedule_type),
            [this](const JsonText& input, JobContext& context) { return fire(input, context); });
    }

    /// The handler of a schedule's job.
    JsonText fire(const JsonText& input, JobContext& context);

    std::optional<ScheduleRecord> update(const ScheduleRecord& fresh, const Change& change);
    ScheduleRecord change(std::string_view name, const Change& change);
    Timestamp first_slot(const Cron& cron) const;
    void collect(JobStatus status, std::map<std::string, ScheduleStatus>& found);

    const std::shared_ptr<Runtime> runtime;
    const std::function<void(const LogEntry&)> log;
    Client client;
    Executor executor;
};

JsonText Scheduler::Impl::fire(const JsonText& input, JobContext& context) try {
    auto record = json::parse<ScheduleRecord>(input);
    if (record.removed || !record.slot) return {};
    const auto schedule = to_schedule(record.spec);
    const auto job = client.find(context.id());
    if (!job || !job->started_at) return {}; // the lease is lost: the return value is ignored
    const auto firing = decide(schedule, *record.slot, *job->started_at);
    if (firing.slot) {
        auto fired = job_of(schedule, *firing.slot);
        fired.id = job_id_of(record.name, *firing.slot);
        record.last_slot = firing.slot;
        record.last_job = fired.id.text();
        context.submit_with_result(std::move(fired));
    }
    record.slot = firing.next;
    if (firing.next) context.submit_with_result(to_job(record));
    return {};
} catch (const Error& error) {
    if (error.code() != Condition::invalid) throw;
    // Another process may support what this one does not: a time zone, or a newer version's member.
    log({LogEntry::Level::error, fmt::format("schedule unreadable: {}", error.what()),
         context.id()});
    throw Snooze{1min};
}

/// Submits the schedule's first job, or replaces its job as soon as that is pending. Returns the
/// record before the change; empty if the schedule did not exist.
std::optional<ScheduleRecord> Scheduler::Impl::update(const ScheduleRecord& fresh,
                                                      const Change& change) {
    const auto deadline = runtime->now() + patience;
    while (runtime->now() < deadline) {
        const auto submitted = client.submit(to_job(fresh));
        if (submitted.outcome == Outcome::created) return std::nullopt;
        if (const auto job = client.find(submitted.id); job && !is_finished(job->status)) {
            const auto record = json::parse<ScheduleRecord>(job->input);
            const auto changed = change(record);
            if (!changed) return record;
            auto replacement = to_job(*changed);
            replacement.on_conflict = OnConflict::replace;
            if (job->status == JobStatus::pending &&
                client.submit(std::move(replacement)).outcome != Outcome::key_taken)
                return record;
        }
        runtime->make_event()->wait(runtime->now() + between_tries);
    }
    throw Error(Errc::conflict,
                fmt::format("schedule {} has been firing for too long", fresh.name));
}

/// Returns the record before the change. Throws Error (Errc::not_found) if no such schedule exists.
ScheduleRecord Scheduler::Impl::change(std::string_view name, const Change& change) {
    validate_name(name);
    const auto before = update(removal(name), [&](const ScheduleRecord& record) {
        return record.removed ? std::nullopt : change(record);
    });
    if (!before || before->removed)
        throw Error(Errc::not_found, fmt::format("no such schedule: {}", name));
    return *before;
}

Timestamp Scheduler::Impl::first_slot(const Cron& cron) const {
    if (const auto slot = cron.next_after(runtime->wall_clock())) return *slot;
    throw Error(Errc::invalid_argument,
                fmt::format("cron is \"{}\", but must have a slot within the next nine years",
                            cron.expression()));
}

void Scheduler::Impl::collect(JobStatus status, std::map<std::string, ScheduleStatus>& found) {
    JobQuery query{.queue = std::string(schedule_queue), .type = schedule_type, .status = status};
    for (bool more = true; more;) {
        const auto page = client.list(query);
        for (const auto& job : page.jobs) {
            const auto record = json::parse<ScheduleRecord>(job.input);
            if (record.removed)
                found.erase(record.name);
            else
                found.insert_or_assign(record.name, to_status(record));
        }
        more = page.more;
        if (more) query.before = page.jobs.back().id;
    }
}

Scheduler::Scheduler(JobStore& store, SchedulerOptions options)
    : Scheduler(store, make_runtime(), std::move(options)) {}

Scheduler::Scheduler(JobStore& store, std::shared_ptr<Runtime> runtime,
                     SchedulerOptions options) try
    : impl_(std::make_unique<Impl>(store, std::move(runtime), std::move(options))) {
} catch (...) {
    detail::rethrow_as_error("a scheduler");
}

Scheduler::~Scheduler() = default;

void Scheduler::set(std::string_view name, const Schedule& schedule) {
    validate(name, schedule);
    const ScheduleRecord fresh{.name = std::string(name),
                               .spec = to_spec(schedule),
                               .slot = impl_->first_slot(schedule.cron)};
    impl_->update(fresh, [&](const ScheduleRecord& record) -> std::optional<ScheduleRecord> {
        if (record.removed) return fresh;
        if (record.spec == fresh.spec) return std::nullopt;
        auto changed = record;
        changed.spec = fresh.spec;
        const bool same_slots =
            record.spec.cron == fresh.spec.cron && record.spec.zone == fresh.spec.zone;
        if (record.slot && !same_slots) changed.slot = fresh.slot;
        return changed;
    });
}

void Scheduler::pause(std::string_view name) {
    impl_->change(name, [](ScheduleRecord record) -> std::optional<ScheduleRecord> {
        if (!record.slot) return std::nullopt;
        record.slot.reset();
        return record;
    });
}

void Scheduler::resume(std::string_view name) {
    impl_->change(name, [this](ScheduleRecord record) -> std::optional<ScheduleRecord> {
        if (record.slot) return std::nullopt;
        record.slot = impl_->first_slot(to_schedule(record.spec).cron);
        return record;
    });
}

JobId Scheduler::trigger(std::string_view name) {
    const auto record = impl_->change(name, [](const ScheduleRecord&) { return std::nullopt; });
    return impl_->client.submit(job_of(to_schedule(record.spec), impl_->runtime->wall_clock())).id;
}

bool Scheduler::remove(std::string_view name) {
    validate_name(name);
    const auto before = impl_->update(
        removal(name), [&](const ScheduleRecord& record) -> std::optional<ScheduleRecord> {
            if (record.removed) return std::nullopt;
            return removal(name);
        });
    return before && !before->removed;
}

std::vector<ScheduleStatus> Scheduler::list() {
    std::map<std::string, ScheduleStatus> found;
    // The third pass finds schedules that were claimed or returned between the first two.
    for (const auto status : {JobStatus::pending, JobStatus::processing, JobStatus::pending})
        impl_->collect(status, found);
    std::vector<ScheduleStatus> schedules;
    schedules.reserve(found.size());
    for (auto& [name, status] : found) schedules.push_back(std::move(status));
    return schedules;
}

void Scheduler::start() { impl_->executor.start(); }

void Scheduler::stop() { impl_->executor.stop(); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI
