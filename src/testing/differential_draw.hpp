#pragma once

#include "differential_model.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

/// Numbers that depend on a seed alone.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t count) { return next() % count; }
    bool percent(std::size_t chance) { return below(100) < chance; }
    template <typename T, std::size_t size>
    const T& one_of(const T (&values)[size]) {
        return values[below(size)];
    }

private:
    std::uint64_t state_;
};

/// What a shrunk call does without. Each call has a set of these.
enum class Plainer : unsigned {
    one_item = 1, ///< a batch has one entry
    no_times = 2, ///< no delay, run_at, deadline
    no_keys = 4,  ///< no unique, idempotency and limit keys
    no_parents = 8,
    no_priority = 16,
    no_follow_ups = 32,
    no_progress = 64,    ///< nor steps
    no_own_limits = 128, ///< of the worker
    one_queue = 256,     ///< all jobs and claims are of one
    default_rest = 512,  ///< type, owner, retention, lease and so on
};
inline constexpr unsigned all_plainer = 10; ///< how many there are

/// The arguments of one call, drawn from its seed and from what the model knows.
class Draw {
public:
    Draw(std::uint64_t seed, unsigned plainer, const Model& model, Timestamp now)
        : random_(seed), seed_(seed), plainer_(plainer), model_(model), now_(now) {}

    std::vector<NewJob> new_jobs();
    std::vector<Settlement> settlements();
    std::vector<Heartbeat> heartbeats();
    std::vector<LeaseRef> leases();
    std::vector<std::string> queues();
    std::vector<Limit> own_limits();
    std::vector<JobId> ids();
    JobId id();
    JobId finished_id();
    std::vector<JobId> finished_ids();
    JobQuery query();
    JobSearch search();
    Cancellation cancellation();
    Limit limit();
    std::string queue();
    std::string type();
    std::string worker();
    std::size_t count(); ///< of a claim or a sweep
    Duration lease_for();
    int crash_limit();
    Duration jump(); ///< of the clock; below zero: back
    bool percent(std::size_t chance) { return random_.percent(chance); }

private:
    bool is_plainer(Plainer what) const { return (plainer_ & static_cast<unsigned>(what)) != 0; }
    /// A chance that a plainer call does not have.
    bool chance(std::size_t percent, Plainer without) {
        return random_.percent(percent) && !is_plainer(without);
    }
    std::size_t some(std::size_t most);
    JobId fresh_id();
    NewJob new_job(const std::vector<NewJob>& before);
    LeaseRef lease();
    Progress progress();
    std::vector<JobId> those(const std::function<bool(const Job&)>& wanted) const;
    JobId pick(const std::vector<JobId>& from);

    Random random_;
    const std::uint64_t seed_;
    const unsigned plainer_;
    const Model& model_;
    const Timestamp now_;
    std::uint64_t ids_ = 0;
};

// Calls as a reader would write them: only what is not the default.
std::string describe(const NewJob& job);
std::string describe(const Settlement& settlement);
std::string describe(const Heartbeat& heartbeat);
std::string describe(const ClaimRequest& request);
std::string describe(const JobQuery& query);
std::string describe(const JobSearch& search);
std::string describe(const Limit& limit);
std::string describe(const JobId& id);
std::string describe(const LeaseRef& lease);
std::string describe(Duration duration);

template <typename T>
std::string describe_all(const T& values) {
    std::string text;
    for (const auto& value : values) text += (text.empty() ? "" : ", ") + describe(value);
    return text;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
