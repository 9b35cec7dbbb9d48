#pragma once

#include "differential_draw.hpp"
#include "differential_model.hpp"

#include <asyncjobs/testing/differential.hpp>
#include <asyncjobs/testing/faulty_job_store.hpp>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

enum class Member {
    submit,
    exchange,
    renew,
    check_leases,
    leases_of,
    rescue,
    promote,
    purge,
    tombstone_owner,
    find,
    find_summaries,
    list,
    cancel,
    retry,
    remove,
    workload,
    set_paused,
    set_limit,
    limits,
    move_clock,
    // Of OperatorStore.
    counts,
    queues,
    search,
    why,
    cancel_batch,
    retry_batch,
    remove_batch,
    run_now_batch,
};

constexpr bool is_of_operators(Member member) { return member >= Member::counts; }

/// A call before its arguments are drawn, so that a sequence makes sense without some of its calls.
struct DrawnCall {
    Member member = Member::submit;
    std::size_t object = 0;
    FaultyJobStore::Fault fault = FaultyJobStore::Fault::none;
    std::uint64_t seed = 0;
    unsigned plainer = 0; ///< of Plainer
};

/// Makes calls on a store and on the model.
class Comparison {
public:
    Comparison(const DifferentialSubject& subject, std::size_t objects)
        : clock_(subject.clock), model_(subject.claims_may_lag, subject.sweeps_may_lag),
          sweeps_may_lag_(subject.sweeps_may_lag),
          patience_(subject.claims_may_lag || sweeps_may_lag_ ? longest_lag : Duration::zero()) {
        if (subject.reset) subject.reset();
        const auto plan = [this](std::string_view) { return std::exchange(fault_, Fault::none); };
        for (std::size_t i = 0; i < objects; ++i) {
            stores_.push_back(subject.open());
            expect(stores_.back() != nullptr, "the subject to open a store");
            faulty_.push_back(std::make_unique<FaultyJobStore>(*stores_.back(), plan));
        }
    }

    void make(const DrawnCall& call);
    void compare_all();
    /// Completes what is left, so that a job that is never claimed is found.
    void finish();
    std::string described() const { return text_; }

private:
    /// Until a store that has to look for late entries has done so.
    static constexpr Duration longest_lag = std::chrono::seconds{30};

    using Fault = FaultyJobStore::Fault;

    JobStore& reader() { return *stores_.front(); }
    Model::Read read() {
        return [this](const JobId& id) { return reader().find({&id, 1}).front(); };
    }
    template <typename Call>
    auto attempt(Call call) -> std::optional<decltype(call())>;
    void describe_call(std::string_view member, const std::string& arguments);

    void submit(Draw& draw);
    void exchange(Draw& draw);
    std::optional<Duration> exchange(std::span<const Settlement> settlements,
                                     const ClaimRequest& request);
    void rescue(Draw& draw);
    void promote(std::size_t limit);
    void set_limit(const Limit& limit);
    void move_clock(Duration by);
    void set_clock_back(Duration by);
    void ask_operators(Member member, Draw& draw); // differential_comparison_operators.cpp
    void search(JobSearch search);
    void saw(Member member);
    std::vector<JobId> all_ids() const;

    ManualClock clock_;
    Model model_;
    const bool sweeps_may_lag_;
    const Duration patience_; ///< by the steady clock
    std::vector<std::unique_ptr<JobStore>> stores_;
    std::vector<std::unique_ptr<FaultyJobStore>> faulty_;
    Fault fault_ = Fault::none;
    bool has_happened_ = true; ///< the call that attempt() made
    std::size_t object_ = 0;
    JobStore* store_ = nullptr;
    Timestamp now_ = {};
    Timestamp seen_ = {};    ///< the latest time of a call
    Timestamp written_ = {}; ///< the latest time of a call in which every store reads its clock
    std::string text_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
