#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/job_failure.hpp>
#include <asyncjobs/json.hpp>
#include <asyncjobs/middleware.hpp>
#include <asyncjobs/progress_reporter.hpp>
#include <asyncjobs/retry_policy.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What an executor calls: returns the job's result, or throws. See JobFailure and Interrupted.
using HandlerFunction = std::function<JsonText(const JsonText& input, ProgressReporter& progress)>;

/// Ends an asynchronous handler's run, from any thread: a result, or the exception it would have
/// thrown. Calls after the first do nothing; to destroy every copy without a call fails the
/// attempt.
using Completion = std::function<void(std::exception_ptr error, JsonText result)>;

/// Starts a run and returns at once; the run goes on until `done` is called. `progress` is valid
/// until then. The form that coroutines and callbacks are adapted to.
using AsyncHandlerFunction =
    std::function<void(const JsonText& input, ProgressReporter& progress, Completion done)>;

struct HandlerOptions {
    Duration timeout = {}; ///< of one attempt, for jobs that set none themselves; 0: none
    std::optional<RetryPolicy> retry = {};   ///< instead of the executor's
    std::vector<Middleware> middleware = {}; ///< within the executor's; the first is the outermost
};

/// A struct described by Boost.Describe, with a `static constexpr std::string_view type`.
template <typename T>
concept DescribedJob = json::Described<T> && requires {
    { T::type } -> std::convertible_to<std::string_view>;
};

/// `job` as one of type `Input::type` with this input.
template <DescribedJob Input>
NewJob new_job(const Input& input, NewJob job = {}) {
    job.type = Input::type;
    job.input = json::serialize(input);
    return job;
}

namespace detail {

/// Throws JobFailure for what does not fit, its message naming the path.
template <DescribedJob Input>
Input typed_input(const JsonText& text) {
    try {
        return json::parse<Input>(text);
    } catch (const Error& error) {
        throw JobFailure(std::string(error_code::invalid_input), error.what()).permanent();
    }
}

/// Leaves out the progress reporter where `function` does not ask for it.
template <typename Function, typename Input>
decltype(auto) call_typed(const Function& function, Input&& input, ProgressReporter& progress) {
    if constexpr (std::invocable<const Function&, Input, ProgressReporter&>)
        return function(std::forward<Input>(input), progress);
    else
        return function(std::forward<Input>(input));
}

template <typename Result>
JsonText typed_result(Result&& result) {
    if constexpr (std::same_as<std::remove_cvref_t<Result>, JsonText>)
        return std::forward<Result>(result);
    else
        return json::serialize(result);
}

} // namespace detail

/// Wraps a function over structs, which is called from several threads at once, into one over JSON.
/// An input that does not fit `Input` fails the job for good (error_code::invalid_input), its
/// message naming the path.
template <DescribedJob Input, typename Function>
HandlerFunction typed_handler(Function function) {
    return [function = std::move(function)](const JsonText& text,
                                            ProgressReporter& progress) -> JsonText {
        const auto input = detail::typed_input<Input>(text);
        const auto run = [&]() -> decltype(auto) {
            return detail::call_typed(function, input, progress);
        };
        if constexpr (std::is_void_v<decltype(run())>) {
            run();
            return JsonText();
        } else {
            return detail::typed_result(run());
        }
    };
}

/// What makes an asynchronous handler of a function over structs: coroutine(), for one.
template <typename Adapter, typename Input>
concept AsyncHandlerAdapter = requires(const Adapter& adapter) {
    { adapter.template typed<Input>() } -> std::convertible_to<AsyncHandlerFunction>;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
