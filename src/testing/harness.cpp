#include <asyncjobs/detail/deadline.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/testing/harness.hpp>
#include <asyncjobs/testing/simulated_runtime.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {

namespace {

/// Remembers the order of submission: while time stands still, neither times nor ids show it.
class OrderedStore final : public ForwardingJobStore {
public:
    using ForwardingJobStore::ForwardingJobStore;

    std::vector<Submitted> submit(std::span<const NewJob> jobs) override {
        auto submitted = inner().submit(jobs);
        for (const auto& job : jobs) note(job);
        return submitted;
    }

    Exchange exchange(std::span<const Settlement> settlements,
                      const ClaimRequest& request) override {
        auto exchange = inner().exchange(settlements, request);
        for (const auto& settlement : settlements)
            for (const auto& job : settlement.follow_ups()) note(job);
        return exchange;
    }

    std::size_t place_of(const JobId& id) const {
        const auto found = places_.find(id);
        return found == places_.end() ? std::numeric_limits<std::size_t>::max() : found->second;
    }

private:
    void note(const NewJob& job) { places_.try_emplace(job.id, places_.size()); }

    std::unordered_map<JobId, std::size_t> places_;
};

ExecutorOptions with_hourly_maintenance(ExecutorOptions options) {
    options.poll_every = options.rescue_every = options.purge_every = std::chrono::hours{1};
    return options;
}

} // namespace

struct Harness::Impl {
    static constexpr std::size_t most_attempts_at_once = 20'000;

    explicit Impl(ExecutorOptions options)
        : executor(store, runtime, with_hourly_maintenance(std::move(options))) {
        executor.use([this](ProgressReporter&) {
            ++attempts;
            if (std::exchange(latest, simulation.now()) != simulation.now()) attempts_at_once = 0;
            ++attempts_at_once;
            return AttemptHooks{};
        });
    }

    Simulation simulation{1};
    MemoryJobStore memory{[this] { return simulation.wall_clock(); }};
    OrderedStore store{memory};
    std::shared_ptr<Runtime> runtime =
        std::make_shared<SimulatedRuntime>(simulation, Duration::zero());
    Client client{store, runtime};
    std::size_t attempts = 0;
    SteadyTime latest = {};           ///< start of the latest attempt
    std::size_t attempts_at_once = 0; ///< at that time
    bool started = false;
    Executor executor;
};

Harness::Harness(const RegisterHandlers& register_handlers, ExecutorOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {
    if (register_handlers) register_handlers(impl_->executor);
}

Harness::~Harness() = default;

JobStore& Harness::store() noexcept { return impl_->store; }
Client& Harness::client() noexcept { return impl_->client; }
Executor& Harness::executor() noexcept { return impl_->executor; }
const std::shared_ptr<Runtime>& Harness::runtime() const noexcept { return impl_->runtime; }
Timestamp Harness::now() const { return impl_->simulation.wall_clock(); }

std::size_t Harness::drain() { return advance(Duration::zero()); }

std::size_t Harness::advance(Duration duration) {
    if (!std::exchange(impl_->started, true)) impl_->executor.start();
    const auto before = impl_->attempts;
    const auto endless = [this] { return impl_->attempts_at_once > Impl::most_attempts_at_once; };
    auto& world = impl_->simulation;
    auto until = asyncjobs::detail::deadline_after(world.now(), duration);
    SteadyTime reached;
    do {
        if (world.run_until(endless, until))
            throw Error(Errc::overloaded,
                        "attempt follows upon attempt, and no time passes: does a handler submit "
                        "another job each time, or a retry wait for no time?");
        reached = std::exchange(until, world.now());
    } while (reached < until); // a handler took time: its consequences are due as well
    return impl_->attempts - before;
}

Job Harness::run(NewJob job) {
    const auto id = impl_->client.submit(std::move(job)).id;
    drain();
    return find(id);
}

Job Harness::find(const JobId& id) {
    auto job = impl_->client.find(id);
    if (!job) throw Error(Errc::not_found, "there is no job " + std::string(id.text()));
    return std::move(*job);
}

std::vector<Job> Harness::jobs(std::string_view type) {
    JobQuery query;
    if (!type.empty()) query.type = type;
    std::vector<Job> all;
    for (bool more = true; more;) {
        auto page = impl_->memory.list(query);
        more = page.more;
        if (more) query.before = page.jobs.back().id;
        std::ranges::move(page.jobs, std::back_inserter(all));
    }
    std::ranges::sort(all, {}, [this](const Job& job) {
        return std::tuple(job.created_at, impl_->store.place_of(job.id), job.id.text());
    });
    return all;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
