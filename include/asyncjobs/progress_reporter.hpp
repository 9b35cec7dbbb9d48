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
class Execution;
}

/// Thrown by ProgressReporter's cancellation points when the handler is to stop. Let it pass; it is
/// no std::exception, so that a `catch (const std::exception&)` does not swallow it.
class ASYNCJOBS_VISIBLE Interrupted {};

/// What a handler holds while it runs: it reports through it, and learns through it when to stop.
///
/// Thread-safety  Full: a handler may report from several threads.
/// Ownership      Valid until the handler returns.
class ASYNCJOBS_DECL ProgressReporter {
public:
    static constexpr std::size_t max_message = 1000;

    explicit ProgressReporter(detail::Execution& execution) noexcept : execution_(execution) {}
    ProgressReporter(const ProgressReporter&) = delete;
    ProgressReporter& operator=(const ProgressReporter&) = delete;

    /// Costs well under a microsecond: the latest value wins, and goes to the store a few times a
    /// second at most. Out of range is brought into range, a lower percentage than the last is
    /// raised to it, and a message is cut after max_message bytes, between characters. A
    /// cancellation point: throws Interrupted when the handler is to stop.
    void report(int percent, std::string_view message = {});

    /// `done` of `total`, as a percentage rounded down; 100 where `total` is 0. Both may be of any
    /// integer type, and count as 0 if they are negative.
    template <std::integral Done, std::integral Total>
    void report(Done done, Total total, std::string_view message = {}) {
        report_share(count(done), count(total), message);
    }

    /// A cancellation point without a report. It looks at the clock by itself, so that the end of
    /// the lease or of the attempt's time is noticed even where no timer runs: a host's io_context
    /// is blocked.
    void check() const;

    /// For waits that shall end early: stop is requested when the job is cancelled or timed out,
    /// its lease is lost, or the executor stops.
    std::stop_token stop_token() const noexcept;

    /// Says that the handler completes its job itself, in a transaction of its own, as
    /// complete() in asyncjobs/soci/host_transaction.hpp does. What it returns counts no more: if
    /// that transaction turns out not to have been committed, the attempt has failed.
    void completes_itself() noexcept;

    /// Calls `function` and answers what it returned, which is kept with the job: an attempt that
    /// comes later answers that without a call, and so goes on after the last step that was
    /// recorded. What lies in between is done again.
    ///
    /// `name` is unique within the job, 1-100 characters of `A-Z a-z 0-9 . _ : / -`. The result is
    /// nothing, a JsonText, or what json::serialize() takes. A cancellation point before the call;
    /// blocks for a write to the store after it. While the store fails, it waits, for as long as a
    /// lease lasts at most; then the attempt is given back, as after any outage. If the lease is
    /// renewed all that time, and the store refuses the step for a reason that does not pass, it
    /// throws that Error; a result that no store takes, at once. What `function` throws, it throws,
    /// and nothing is kept.
    template <typename Function>
    auto step(std::string_view name, Function&& function);

    /// The jobs that this one waited for, with their results, by id; those that retention has
    /// deleted are missing. Reads the store, and waits as step() does while that fails. Where
    /// there may be very many, for_each_parent() needs less memory.
    std::vector<Job> parents(JobParts parts = JobParts::outcome) const;

    /// Calls `visit(const Job&)` with each of them, the newest first. They are read page by page, a
    /// few MiB each as long as no job alone is larger.
    void for_each_parent(const std::function<void(const Job&)>& visit,
                         JobParts parts = JobParts::outcome) const;

    /// Submits `job` in the transaction that records this one's completion, if and only if that is
    /// accepted. Answers its id. Throws Error (Errc::invalid_argument) as validate() does.
    JobId submit_with_result(NewJob job);

    /// The job under way: its id, owner, attempt and so on.
    const ClaimedJob& job() const noexcept;

private:
    template <std::integral Number>
    static constexpr std::uint64_t count(Number number) noexcept {
        return std::in_range<std::uint64_t>(number) ? static_cast<std::uint64_t>(number) : 0;
    }

    void report_share(std::uint64_t done, std::uint64_t total, std::string_view message);
    std::optional<JsonText> result_of_step(std::string_view name) const;
    void record_step(std::string_view name, JsonText result);

    detail::Execution& execution_;
};

namespace detail {

/// What boost::asio::awaitable has, whose header is not needed here.
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
