#pragma once

#include <asyncjobs/json.hpp>
#include <asyncjobs/progress_reporter.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The job that a handler runs, and what the handler may do besides returning a result: report
/// progress, record steps, read the job's parents, submit further jobs.
///
/// A handler takes a JobContext, or a ProgressReporter if it only reports.
///
/// Thread-safety  Full: a handler may use it from several threads.
/// Ownership      Valid until the handler returns; an asynchronous one, until it calls its
///                completion.
class ASYNCJOBS_DECL JobContext : public ProgressReporter {
public:
    using ProgressReporter::ProgressReporter;

    const JobId& id() const noexcept; ///< of the job

    /// 1 for the first attempt.
    int attempt() const noexcept;

    /// The whole job, with its owner, queue, metadata and so on.
    const ClaimedJob& job() const noexcept;

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

private:
    std::optional<JsonText> result_of_step(std::string_view name) const;
    void record_step(std::string_view name, JsonText result);
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
auto JobContext::step(std::string_view name, Function&& function) {
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
#include <asyncjobs/impl/job_context.ipp>
#endif
