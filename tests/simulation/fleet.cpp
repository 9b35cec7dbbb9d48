#include "fleet.hpp"
#include "history.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/testing/faulty_job_store.hpp>
#include <asyncjobs/testing/simulated_runtime.hpp>

#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>
#include <set>

namespace simulation {

using namespace asyncjobs;
using namespace std::chrono_literals;
using testing::FaultyJobStore;
using testing::SimulatedRuntime;
using testing::Simulation;

namespace {

constexpr int fleet_crash_limit = 3;
constexpr Duration fleet_lease_for = 1s;
constexpr Duration rescue_every = 300ms;
constexpr Duration lost_by_crash = 10s; ///< of tallies

/// One handler's run, as observed.
struct Run {
    std::shared_ptr<SimulatedRuntime> process;
    std::stop_token stop;
    bool over = false;
};

class Fleet {
public:
    Fleet(std::uint64_t seed, const Plant& plant)
        : world_(seed), truth_([this] { return world_.wall_clock(); }),
          planted_(plant ? plant(truth_) : nullptr),
          history_(
              planted_ ? *planted_ : static_cast<JobStore&>(truth_),
              [this] { return world_.wall_clock(); }, fleet_crash_limit,
              [this](const LeaseRef& lease, Timestamp ran_out) { on_rescue(lease, ran_out); }),
          store_(history_,
                 [this](std::string_view) {
                     const auto fault = draw_fault();
                     history_.tallies().lose_reply(fault == FaultyJobStore::Fault::reply_lost);
                     return fault;
                 }),
          ever_faulty_(world_.chance(0.75)), faulty_(ever_faulty_), is_limited_(world_.chance(0.5)),
          own_limit_(draw_own_limit()), client_(store_, client_runtime_) {}

    std::vector<std::string> run() {
        for (auto& member : members_) start(member);
        for (auto count = is_limited_ ? world_.random() % 4 : 0; count > 0; --count) set_limit();
        const auto steps = 25 + world_.random() % 25;
        for (std::uint64_t i = 0; i < steps; ++i) step();

        faulty_ = false;
        for (auto& member : members_)
            if (!member.executor) start(member);
        if (is_limited_ && world_.chance(0.3)) take_limits_away();
        world_.run_until([this] { return all_finished(); }, world_.now() + 10min);
        history_.check_end(acknowledged_);
        for (auto& member : members_) stop(member, 10s, 5s);
        history_.check_tallies(lost_by_crash);
        return history_.violations();
    }

private:
    struct Member {
        std::shared_ptr<SimulatedRuntime> process;
        std::unique_ptr<Executor> executor;
        SteadyTime paused_until = {};
    };

    FaultyJobStore::Fault draw_fault() {
        using enum FaultyJobStore::Fault;
        if (!faulty_) return none;
        // The database is unavailable now and then, and single replies get lost.
        if (world_.now() >= outage_until_ && world_.chance(0.004))
            outage_until_ = world_.now() + world_.random_duration(10ms, 3s);
        if (world_.now() < outage_until_) return unavailable;
        if (world_.chance(0.03)) return reply_lost;
        if (world_.chance(0.01)) return lost_before;
        return world_.chance(0.02) ? busy : none;
    }

    void start(Member& member) {
        member.process = std::make_shared<SimulatedRuntime>(world_);
        started_[member.process.get()] = world_.now();
        member.executor =
            std::make_unique<Executor>(store_, member.process,
                                       ExecutorOptions{.queues = {"default", "other"},
                                                       .concurrency = 3,
                                                       .worker = "simulated",
                                                       .lease_for = fleet_lease_for,
                                                       .poll_every = 200ms,
                                                       .report_every = 50ms,
                                                       .rescue_every = rescue_every,
                                                       .heartbeat_every = 500ms,
                                                       .timeout_grace = 200ms,
                                                       .crash_limit = fleet_crash_limit,
                                                       .prefetch_limit = 5,
                                                       .retry = Backoff{.first = 20ms, .most = 1s},
                                                       .limits = own_limits_of(member)});
        member.executor->handle_async("work",
                                      [this, process = member.process](
                                          const JsonText&, JobContext& context, Completion done) {
                                          begin_run(process, context, std::move(done));
                                      },
                                      {.timeout = 2s});
        member.executor->start();
    }

    void crash(Member& member) {
        if (!member.executor) return;
        member.process->crash();
        history_.tallies().gone(member.executor->worker(), world_.wall_clock());
        member.executor.reset();
    }

    void stop(Member& member, Duration grace, Duration grace_to_stop) {
        member.executor->stop(grace, grace_to_stop);
        history_.tallies().gone(member.executor->worker(), world_.wall_clock());
        member.executor.reset();
    }

    void begin_run(const std::shared_ptr<SimulatedRuntime>& process, JobContext& context,
                   Completion done) {
        auto run = std::make_shared<Run>(Run{process, context.stop_token()});
        runs_[{context.id(), context.job().lease.fence}] = run;
        const auto length = world_.chance(0.1) ? world_.random_duration(1s, 4s)
                                               : world_.random_duration(0ms, 150ms);
        const bool obedient = world_.chance(0.9);
        continue_run(run, context, std::move(done), world_.now() + length, obedient);
    }

    void continue_run(const std::shared_ptr<Run>& run, ProgressReporter& progress, Completion done,
                      SteadyTime until, bool obedient) {
        const auto left = until - world_.now();
        if (left <= Duration::zero() || (obedient && run->stop.stop_requested())) {
            run->over = true;
            return end_run(done, left > Duration::zero());
        }
        if (!run->stop.stop_requested())
            progress.report(static_cast<int>(world_.random() % 100), "working");
        run->process->after(std::min<Duration>(left, 30ms),
                            [this, run, &progress, done = std::move(done), until, obedient] {
                                continue_run(run, progress, done, until, obedient);
                            });
    }

    void end_run(const Completion& done, bool interrupted) {
        const auto fail = [&](const auto& error) { done(std::make_exception_ptr(error), {}); };
        if (interrupted) return fail(Interrupted{});
        const auto dice = world_.random() % 100;
        if (dice < 75) return done(nullptr, JsonText::trusted("{\"ok\":true}"));
        if (dice < 90) return fail(JobFailure("E1", "try again"));
        if (dice < 93) return fail(JobFailure("E2", "give up").permanent());
        fail(std::runtime_error("unexpected"));
    }

    void step() {
        auto& member = members_[world_.random() % members_.size()];
        const auto dice = world_.random() % 100;
        if (dice < 45) {
            submit();
        } else if (dice < 55) {
            if (!acknowledged_.empty()) cancel();
        } else if (dice < 65) {
            crash(member);
        } else if (dice < 75) {
            if (!member.executor) start(member);
        } else if (dice < 87) {
            const auto pause = world_.random_duration(50ms, 3s);
            member.process->pause(pause);
            member.paused_until = std::max(member.paused_until, world_.now() + pause);
        } else if (dice < 92 && member.executor) {
            stop(member, world_.random_duration(0ms, 300ms), 300ms);
        }
        if (is_limited_ && world_.chance(0.1)) set_limit();
        world_.run_for(world_.random_duration(0ms, 400ms));
    }

    std::optional<Limit> draw_own_limit() {
        if (!is_limited_ || world_.chance(0.8)) return {};
        return Limit{.name = "own", .type = "work", .concurrency = 1 + world_.random() % 2};
    }

    std::vector<Limit> own_limits_of(const Member& member) const {
        if (!own_limit_ || &member != &members_.front()) return {};
        return {*own_limit_};
    }

    Limit draw_limit() {
        switch (world_.random() % 6) {
        case 0:
            return {.name = "type", .type = "work", .concurrency = 2 + world_.random() % 5};
        case 1:
            return {.name = "owners", .scope = LimitScope::owner, .concurrency = small()};
        case 2:
            return {.name = "keys", .scope = LimitScope::key, .concurrency = small()};
        case 3:
            return {.name = "rate", .rate = 10 + world_.random() % 90, .burst = small()};
        case 4:
            return {.name = "key-rates",
                    .queue = "default",
                    .scope = LimitScope::key,
                    .concurrency = small(),
                    .rate = 10 + world_.random() % 90,
                    .burst = small()};
        default:
            return {.name = "turns",
                    .queue = "default",
                    .scope = LimitScope::owner,
                    .round_robin = true};
        }
    }

    std::size_t small() { return 1 + world_.random() % 3; }

    void set_limit() {
        Limit limit = draw_limit();
        if (world_.chance(0.3)) limit = {.name = limit.name};
        try {
            client_.set_limit(limit);
        } catch (const Error&) {
        }
    }

    void take_limits_away() {
        for (const Limit& limit : client_.limits()) client_.set_limit({.name = limit.name});
    }

    void submit() {
        std::vector<NewJob> jobs(1 + world_.random() % 4,
                                 NewJob{.type = "work", .max_attempts = 3});
        if (world_.chance(0.2)) jobs.front().delay = world_.random_duration(0ms, 2s);
        for (auto& job : jobs) {
            if (world_.chance(0.3)) job.priority = static_cast<int>(world_.random() % 101);
            if (!acknowledged_.empty() && world_.chance(0.3)) choose_parents(job);
            if (is_limited_) choose_limits_of(job);
            if (world_.chance(0.3)) job.idempotency_key = fmt::format("key {}", ++keys_);
        }
        submit(jobs);
        if (!world_.chance(0.3)) return;
        std::erase_if(jobs, [](const NewJob& job) { return !job.idempotency_key; });
        submit(jobs);
    }

    void submit(const std::vector<NewJob>& jobs) {
        using Outcome = Submitted::Outcome;
        try {
            for (const auto& one : client_.submit(jobs))
                if (one.outcome == Outcome::created || one.outcome == Outcome::repeated)
                    acknowledged_.push_back(one.id);
        } catch (const Error&) {
            // Not acknowledged: it may have happened or not.
        }
    }

    void choose_limits_of(NewJob& job) {
        job.owner = std::array{"", "ann", "bob"}[world_.random() % 3];
        if (world_.chance(0.5)) job.limit_key = std::array{"7", "8"}[world_.random() % 2];
        if (world_.chance(0.2)) job.queue = "other";
    }

    void choose_parents(NewJob& job) {
        std::set<JobId> parents;
        for (auto count = 1 + world_.random() % 3; count > 0; --count)
            parents.insert(acknowledged_[world_.random() % acknowledged_.size()]);
        job.after.assign(parents.begin(), parents.end());
        job.on_parent_failure = std::array{OnParentFailure::cancel, OnParentFailure::fail,
                                           OnParentFailure::run}[world_.random() % 3];
    }

    void cancel() {
        try {
            client_.cancel(acknowledged_[world_.random() % acknowledged_.size()],
                           {.force = world_.chance(0.3)});
        } catch (const Error&) {
        }
    }

    bool all_finished() {
        const auto jobs = truth_.find(acknowledged_);
        return std::ranges::all_of(jobs, [](const auto& job) {
            return !job || is_finished(job->status); // check_end reports lost jobs
        });
    }

    void on_rescue(const LeaseRef& lease, Timestamp ran_out) {
        const auto found = runs_.find({lease.id, lease.fence});
        if (found != runs_.end()) {
            const auto& run = *found->second;
            if (!run.over && !run.process->is_crashed() && !is_paused(*run.process) &&
                !run.stop.stop_requested())
                history_.violate(fmt::format("{}: promise 5: ran on after its lease had ended",
                                             lease.id.text()));
        }
        // With all three awake and the store available, one of them sweeps within a period.
        const auto late = world_.wall_clock() - ran_out;
        if (!ever_faulty_ && all_awake_for(late) && late > rescue_every + rescue_every / 5)
            history_.violate(fmt::format("{}: promise 10: rescued {} us after its lease had ended",
                                         lease.id.text(), late.count()));
    }

    /// Also at the instant of waking up, when nothing could be done yet.
    bool is_paused(const SimulatedRuntime& process) const {
        return std::ranges::any_of(members_, [&](const Member& member) {
            return member.process.get() == &process && world_.now() <= member.paused_until;
        });
    }

    bool all_awake_for(Duration past) const {
        return std::ranges::all_of(members_, [&](const Member& member) {
            return member.executor && !member.process->is_crashed() &&
                   started_before(member, past) && world_.now() - member.paused_until > past;
        });
    }

    bool started_before(const Member& member, Duration past) const {
        const auto found = started_.find(member.process.get());
        return found != started_.end() && world_.now() - found->second > past;
    }

    Simulation world_;
    MemoryJobStore truth_;
    std::unique_ptr<JobStore> planted_;
    History history_;
    FaultyJobStore store_;
    const bool ever_faulty_;
    bool faulty_;
    const bool is_limited_;
    const std::optional<Limit> own_limit_;
    SteadyTime outage_until_ = {};
    std::shared_ptr<SimulatedRuntime> client_runtime_ = std::make_shared<SimulatedRuntime>(world_);
    std::map<std::pair<JobId, std::int64_t>, std::shared_ptr<Run>> runs_;
    std::map<const SimulatedRuntime*, SteadyTime> started_;
    std::vector<JobId> acknowledged_;
    int keys_ = 0;
    Client client_;
    std::array<Member, 3> members_;
};

} // namespace

std::vector<std::string> run_fleet(std::uint64_t seed, const Plant& plant) {
    return Fleet(seed, plant).run();
}

} // namespace simulation
