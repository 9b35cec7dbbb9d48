#pragma once

#include <asyncjobs/job_store.hpp>
#include <asyncjobs/json.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

namespace detail {
class Attempt;
}

/// Thrown by ProgressReporter's cancellation points when the handler is to stop. Do not catch it;
/// it is no std::exception, so that a `catch (const std::exception&)` does not swallow it.
class ASYNCJOBS_VISIBLE Interrupted {};

/// A handler's link to its executor: reports progress, and signals when to stop.
///
/// Thread-safety  Full: a handler may report from several threads.
/// Ownership      Valid until the handler returns.
class ASYNCJOBS_DECL ProgressReporter {
public:
    static constexpr std::size_t max_message = 1000;

    explicit ProgressReporter(detail::Attempt& attempt) noexcept : attempt_(attempt) {}
    ProgressReporter(const ProgressReporter&) = delete;
    ProgressReporter& operator=(const ProgressReporter&) = delete;

    /// Reports progress, in well under a microsecond: the latest value wins, and is stored a few
    /// times a second at most. Values out of range are clamped, a percentage below the last one is
    /// raised to it, and a message is truncated to max_message bytes, between characters. A
    /// cancellation point: throws Interrupted when the handler is to stop.
    void report(int percent, std::string_view message = {});

    /// Reports `done` of `total` as a percentage, rounded down; 100 if `total` is 0. Both may be of
    /// any integer type; negative values count as 0.
    template <std::integral Done, std::integral Total>
    void report(Done done, Total total, std::string_view message = {}) {
        report_share(count(done), count(total), message);
    }

    /// A cancellation point without a report. Checks the clock itself, so that it notices the end
    /// of the lease or of the timeout even if no timer runs because a host's io_context is blocked.
    void check() const;

    /// For waits that end early: stop is requested when the job is cancelled or timed out, its
    /// lease is lost, or the executor stops.
    std::stop_token stop_token() const noexcept;

    /// Declares that the handler completes its job itself, in its own transaction, as complete() in
    /// asyncjobs/soci/host_transaction.hpp does. The handler's result is then ignored: if that
    /// transaction turns out not to have committed, the attempt has failed.
    void mark_completed_externally() noexcept;

    /// Calls `function`, records its result with the job, and returns it. A later attempt returns
    /// the recorded result without a call, and so resumes after the last recorded step; code
    /// between steps runs again.
    ///
    /// `name` is unique within the job, 1-100 characters of `A-Z a-z 0-9 . _ : / -`. The result is
    /// nothing, a JsonText, or a type that json::serialize() takes. A cancellation point before the
    /// call; blocks for a write to the store after it. While the store fails, waits for at most as
    /// long as a lease lasts; then the attempt is released, as after any outage. If the lease is
    /// renewed all that time, and the store refuses the step for a permanent reason, throws that
    /// Error; throws it at once for a result that no store takes. Passes on exceptions of
    /// `function`, and records nothing then.
    template <typename Function>
    auto step(std::string_view name, Function&& function);

    /// Returns the parents of this job, with their results, by id, without those that retention has
    /// deleted. Reads the store, and waits as step() does while that fails. For a very large number
    /// of parents, for_each_parent() needs less memory.
    std::vector<Job> parents(JobParts parts = JobParts::outcome) const;

    /// Calls `visit(const Job&)` with each parent, newest first. Parents are read in pages of a few
    /// MiB, as long as no single job is larger.
    void for_each_parent(const std::function<void(const Job&)>& visit,
                         JobParts parts = JobParts::outcome) const;

    /// Submits `job` in the transaction that records this job's completion, if and only if that is
    /// accepted. Returns its id. Throws Error (Errc::invalid_argument) as validate() does.
    JobId submit_with_result(NewJob job);

    /// The running job: its id, owner, attempt and so on.
    const ClaimedJob& job() const noexcept;

private:
    template <std::integral Number>
    static constexpr std::uint64_t count(Number number) noexcept {
        return std::in_range<std::uint64_t>(number) ? static_cast<std::uint64_t>(number) : 0;
    }

    void report_share(std::uint64_t done, std::uint64_t total, std::string_view message);
    std::optional<JsonText> result_of_step(std::string_view name) const;
    void record_step(std::string_view name, JsonText result);

    detail::Attempt& attempt_;
};

namespace detail {

/// Matches boost::asio::awaitable, without its header.
template <typename T>
concept Awaitable = requires(const T& awaitable) {
    typename T::executor_type;
    { awaitable.valid() } -> std::same_as<bool>;
};

template <typename Function>
concept StepFunction = std::invocable<Function> && !Awaitable<std::invoke_result_t<Function>>;

template <typename Function>
using StepResult = std::remove_cvref_t<std::invoke_result_t<Function>>;

} // namespace detail

template <typename Function>
auto ProgressReporter::step(std::string_view name, Function&& function) {
    static_assert(detail::StepFunction<Function>,
                  "a step's function is called without arguments, and returns its result: nothing, "
                  "a JsonText, or a described struct; it is no coroutine");
    const auto known = result_of_step(name);
    if constexpr (!detail::StepFunction<Function>) {
        return;
    } else if constexpr (std::is_void_v<detail::StepResult<Function>>) {
        if (known) return;
        std::forward<Function>(function)();
        record_step(name, JsonText());
    } else if constexpr (std::same_as<detail::StepResult<Function>, JsonText>) {
        if (known) return *known;
        JsonText result = std::forward<Function>(function)();
        record_step(name, result);
        return result;
    } else {
        using Result = detail::StepResult<Function>;
        if (known) return json::parse<Result>(*known);
        Result result = std::forward<Function>(function)();
        record_step(name, json::serialize(result));
        return result;
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/progress_reporter.ipp>
#endif
