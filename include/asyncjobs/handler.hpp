#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/job_context.hpp>
#include <asyncjobs/job_failure.hpp>
#include <asyncjobs/json.hpp>
#include <asyncjobs/middleware.hpp>
#include <asyncjobs/retry_policy.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A blocking handler: returns the job's result, or throws. See JobFailure and Interrupted. It may
/// take a ProgressReporter instead of the JobContext.
using HandlerFunction = std::function<JsonText(const JsonText& input, JobContext& context)>;

/// Ends an asynchronous handler's run, from any thread, with a result or the exception that a
/// blocking handler would throw. Calls after the first do nothing; destroying every copy without a
/// call fails the attempt.
using Completion = std::function<void(std::exception_ptr error, JsonText result)>;

namespace detail {
template <typename Function>
concept NoHandlerFunction = !std::convertible_to<Function, HandlerFunction>;

/// Selects submit() of one input, not of several jobs.
template <typename Input>
concept OneInput = !std::same_as<Input, std::vector<NewJob>>;
} // namespace detail

/// Starts a run and returns at once; the run continues until `done` is called. `context` is valid
/// until then. Coroutines and callbacks are adapted to this form.
using AsyncHandlerFunction =
    std::function<void(const JsonText& input, JobContext& context, Completion done)>;

/// Settings of one type's handler.
struct HandlerOptions {
    TimeSpan timeout = {}; ///< of one attempt, for jobs without a timeout of their own; 0: none
    std::optional<RetryPolicy> retry = {};   ///< replaces the executor's
    std::vector<Middleware> middleware = {}; ///< inside the executor's; the first is the outermost
};

/// A struct described by Boost.Describe, with a `static constexpr std::string_view type`.
template <typename T>
concept DescribedJob = json::Described<T> && requires {
    { T::type } -> std::convertible_to<std::string_view>;
};

namespace detail {

/// Fails to compile, with the remedy, unless `Input` is a DescribedJob.
template <typename Input>
constexpr bool require_described_job() {
    constexpr bool is_one_struct =
        json::Described<Input> || (std::is_class_v<Input> && !std::ranges::range<Input>);
    static_assert(is_one_struct,
                  "a job's input is one struct, described by BOOST_DESCRIBE_STRUCT; several jobs "
                  "are a std::vector<asyncjobs::NewJob>, each made by asyncjobs::new_job(input)");
    static_assert(!is_one_struct || json::Described<Input>,
                  "describe the struct that is the job's input: "
                  "BOOST_DESCRIBE_STRUCT(Input, (), (members))");
    static_assert(!is_one_struct || !json::Described<Input> || DescribedJob<Input>,
                  "name the job's type in the struct that is its input: "
                  "static constexpr std::string_view type = \"sales_report\";");
    return is_one_struct && DescribedJob<Input>;
}

} // namespace detail

/// Returns `job` as one of type `Input::type` with this input, a DescribedJob.
template <typename Input>
requires std::is_class_v<Input> NewJob new_job(const Input& input, NewJob job = {}) {
    if constexpr (detail::require_described_job<Input>()) {
        job.type = std::string_view(Input::type);
        job.input = json::serialize(input);
    }
    return job;
}

namespace detail {

/// Throws JobFailure, naming the path, if the text does not fit `Input`.
template <typename Input>
Input typed_input(const JsonText& text) {
    try {
        return json::parse<Input>(text);
    } catch (const Error& error) {
        throw JobFailure(std::string(error_code::invalid_input), error.what()).permanent();
    }
}

/// Omits the context if `function` does not take one.
template <typename Function, typename Input>
decltype(auto) call_typed(const Function& function, Input&& input, JobContext& context) {
    if constexpr (std::invocable<const Function&, Input, JobContext&>)
        return function(std::forward<Input>(input), context);
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

template <typename Input, typename Function>
concept CallableWith =
    std::invocable<const Function&, Input, JobContext&> || std::invocable<const Function&, Input>;

template <typename Input, typename Function>
using ReturnedBy = std::remove_cvref_t<decltype(call_typed(
    std::declval<const Function&>(), std::declval<Input>(), std::declval<JobContext&>()))>;

/// Fails to compile, with the remedy, unless `Function` can be called with `Input`.
template <typename Input, typename Function>
constexpr bool require_callable() {
    static_assert(CallableWith<Input, Function>,
                  "a handler is called as handler(input) or handler(input, context), from several "
                  "threads, so not mutable: its parameters are (const Input&), or that and "
                  "asyncjobs::JobContext& or asyncjobs::ProgressReporter&");
    return CallableWith<Input, Function>;
}

template <typename Input, typename Function>
concept Coroutine = CallableWith<Input, Function> && requires {
    requires Awaitable<ReturnedBy<Input, Function>>;
};

template <typename Input, typename Function>
constexpr bool require_no_coroutine() {
    static_assert(!Coroutine<Input, Function>,
                  "a handler that is a coroutine is registered as "
                  "asyncjobs::coroutine(executor, handler), of <asyncjobs/coroutine.hpp>");
    return !Coroutine<Input, Function>;
}

/// Fails to compile, with the remedy, unless `Function` is a handler of `Input`.
template <typename Input, typename Function>
constexpr bool require_handler() {
    if constexpr (require_callable<Input, Function>())
        return require_no_coroutine<Input, Function>();
    else
        return false;
}

/// Fails to compile, with the remedy, unless `Function` is a HandlerFunction.
template <typename Function>
constexpr void require_handler_function() {
    if constexpr (std::convertible_to<Function, AsyncHandlerFunction>)
        static_assert(NoHandlerFunction<Function> && !NoHandlerFunction<Function>,
                      "a handler that is given a completion, as asyncjobs::coroutine() makes one, "
                      "is registered by handle_async(type, handler)");
    else if constexpr (Coroutine<const JsonText&, Function>)
        require_no_coroutine<const JsonText&, Function>();
    else
        static_assert(!NoHandlerFunction<Function>,
                      "a handler of a type that is named by a string is called as "
                      "handler(const asyncjobs::JsonText&, asyncjobs::JobContext&), from "
                      "several threads, so not mutable, and returns an asyncjobs::JsonText; for "
                      "structs write handle<Input>(handler)");
}

} // namespace detail

/// Wraps a function over structs, which is called from several threads at once, into one over JSON.
/// An input that does not fit `Input` fails the job permanently (error_code::invalid_input), with a
/// message that names the path.
template <typename Input, typename Function>
HandlerFunction typed_handler(Function function) {
    if constexpr (!detail::require_described_job<Input>())
        return {};
    else if constexpr (!detail::require_handler<const Input&, Function>())
        return {};
    else
        return [function = std::move(function)](const JsonText& text,
                                                JobContext& context) -> JsonText {
            const auto input = detail::typed_input<Input>(text);
            const auto run = [&]() -> decltype(auto) {
                return detail::call_typed(function, input, context);
            };
            if constexpr (std::is_void_v<decltype(run())>) {
                run();
                return JsonText();
            } else {
                return detail::typed_result(run());
            }
        };
}

/// Makes an asynchronous handler of a function over structs, as coroutine() does.
template <typename Adapter, typename Input>
concept AsyncHandlerAdapter = requires(const Adapter& adapter) {
    { adapter.template typed<Input>() } -> std::convertible_to<AsyncHandlerFunction>;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
