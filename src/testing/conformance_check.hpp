#pragma once

#include <asyncjobs/store/operator_store.hpp>
#include <asyncjobs/testing/conformance.hpp>

#include <fmt/format.h>

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

std::string show(std::string_view text);
std::string show(const std::string& text);
std::string show(JobStatus status);
std::string show(Submitted::Outcome outcome);
std::string show(OnParentFailure policy);
std::string show(const Step& step);
std::string show(CancelOutcome outcome);
std::string show(RetryOutcome outcome);
std::string show(RunNowOutcome outcome);
std::string show(RemoveOutcome outcome);
std::string show(const JobId& id);
std::string show(const LeaseRef& lease);
std::string show(Duration duration);
std::string show(Timestamp time);
std::string show(const JsonText& text);
std::string show(const Progress& progress);
std::string show(const JobError& error);
std::string show(const AttemptError& error);
std::string show(const Count& count);

template <std::integral T>
std::string show(T value) {
    return fmt::format("{}", value);
}

template <typename T>
std::string show(const std::optional<T>& value) {
    return value ? show(*value) : "nothing";
}

template <typename T>
std::string show(const std::vector<T>& values) {
    std::string out = "[";
    for (const auto& value : values) out += (out.size() > 1 ? ", " : "") + show(value);
    return out + "]";
}

[[noreturn]] inline void fail(const std::string& message) { throw ConformanceFailure(message); }

inline void expect(bool holds, std::string_view what) {
    if (!holds) fail(fmt::format("expected {}, which does not hold", what));
}

template <typename T>
void expect_equal(const T& found, const std::type_identity_t<T>& expected, std::string_view what) {
    if (!(found == expected))
        fail(fmt::format("{}: expected {}, found {}", what, show(expected), show(found)));
}

/// Checks that `call` throws Errc::invalid_argument and names the argument.
template <typename Call>
void expect_refused(std::string_view argument, Call call) {
    try {
        call();
    } catch (const Error& error) {
        expect_equal(error.code() == Errc::invalid_argument, true,
                     fmt::format("invalid_argument, not \"{}\"", error.what()));
        expect(std::string_view(error.what()).starts_with(argument),
               fmt::format("\"{}\" to begin with {}", error.what(), argument));
        return;
    }
    fail(fmt::format("expected {} to be refused, but it was accepted", argument));
}

/// Compares every member.
void expect_same(const Job& found, const Job& expected, std::string_view when);

inline constexpr Duration long_lease = std::chrono::seconds{30};
inline constexpr Duration no_lease{0}; ///< expires as soon as it is taken
inline constexpr Duration an_hour = std::chrono::hours{1};
inline constexpr Timestamp long_ago{std::chrono::sys_days{std::chrono::year{2001} / 1 / 1}};
inline constexpr Timestamp far_ahead{std::chrono::sys_days{std::chrono::year{2999} / 12 / 31} +
                                     an_hour + Duration{999'999}};
inline constexpr int many_crashes = 1000;

/// The fixture of a case: an empty store, and shorthands with the checks that every case needs.
class Scene {
public:
    explicit Scene(const StoreFactory& factory);

    JobStore& store() { return *store_; }
    OperatorStore& operators(); ///< fails if the store has none
    const StoreCapabilities& capabilities() const { return capabilities_; } ///< of the store
    /// Another object on the same data.
    std::unique_ptr<JobStore> open() const { return factory_.open(); }
    void move_clock(Duration by) { factory_.move_clock(by); }

    JobId fresh_id(); ///< greater than all earlier ones

    /// Sets an id and a type if missing.
    NewJob filled(NewJob job = {});
    JobId submit(NewJob job = {});
    std::vector<JobId> submit(std::size_t count, const NewJob& job = {});

    std::optional<Job> find(const JobId& id);
    Job job(const JobId& id); ///< fails if it does not exist
    JobStatus status(const JobId& id) { return job(id).status; }

    /// Claims the only due job in `queue`.
    ClaimedJob claim_one(const std::string& queue = "default", Duration lease_for = long_lease,
                         std::string_view worker = "worker");
    std::vector<ClaimedJob> claim(std::size_t limit,
                                  const std::vector<std::string>& queues = {"default"});
    /// Submits a job and claims it.
    ClaimedJob running(NewJob job = {}, Duration lease_for = long_lease);

    Settled settle(const Settlement& settlement);
    void accept(const Settlement& settlement); ///< fails unless it is accepted
    Renewal renew(const LeaseRef& lease, std::optional<Progress> progress = {},
                  Duration lease_for = long_lease);
    Rescued rescue_one(int crash_limit = many_crashes); ///< the only one with an expired lease

    JobId completed(NewJob job = {});
    JobId failed(NewJob job = {});
    JobId cancelled(NewJob job = {});

private:
    const StoreFactory& factory_;
    std::unique_ptr<JobStore> store_;
    StoreCapabilities capabilities_;
    std::uint64_t ids_ = 0;
};

std::vector<JobId> newest_first(std::vector<JobId> ids);

std::vector<JobId> ids_of(const std::vector<ClaimedJob>& jobs);
std::vector<JobId> ids_of(const std::vector<Job>& jobs);

/// Calls `act(0)` ... `act(threads - 1)` concurrently and throws one of their exceptions.
void race(std::size_t threads, const std::function<void(std::size_t)>& act);

/// Retries on retryable errors.
template <typename Call>
auto with_retries(Call call) {
    for (int tries = 1000;; --tries) {
        try {
            return call();
        } catch (const Error& error) {
            if (tries == 0 || error.code() != Condition::retryable ||
                error.code() == Errc::unknown_outcome)
                throw;
        }
    }
}

struct Case {
    std::string_view name;
    void (*run)(Scene&);
    StoreCapabilities needs = {};
};
using Cases = std::vector<Case>;

Cases submit_cases();
Cases unique_key_cases();
Cases idempotency_key_cases();
Cases claim_cases();
Cases priority_cases();
Cases settle_cases();
Cases place_cases();
Cases follow_up_cases();
Cases lease_cases();
Cases rescue_cases();
Cases cancel_cases();
Cases step_cases();
Cases deadline_cases();
Cases dependency_cases();
Cases parent_submit_cases();
Cases parent_failure_cases();
Cases limit_cases();
Cases rate_cases();
Cases limit_pair_cases();
Cases transition_cases();
Cases manage_cases();
Cases argument_cases();
Cases read_cases();
Cases round_trip_cases();
Cases concurrency_cases();
/// Of stores with JobStore::operators().
Cases operator_count_cases();
Cases operator_queue_cases();
Cases operator_search_cases();
Cases operator_page_cases();
Cases operator_why_cases();
Cases operator_why_worker_cases();
Cases operator_limit_cases();
Cases operator_batch_cases();
Cases operator_argument_cases();
Cases operator_worker_cases();
Cases operator_order_cases();
Cases operator_history_cases();
Cases operator_audit_cases();
/// Of stores that lack what a case names in `needs`.
Cases unsupported_cases();
/// Require StoreFactory::move_clock.
Cases clock_cases();
Cases place_clock_cases();
Cases set_back_cases();
Cases operator_clock_cases();
Cases operator_worker_clock_cases();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
