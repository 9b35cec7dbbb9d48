#pragma once

#include <asyncjobs/job_context.hpp>
#include <asyncjobs/json_text.hpp>

#include <exception>
#include <functional>
#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// The hooks of a Middleware around one attempt; each member may be empty. Destroyed after `end`.
///
/// An exception of a hook has the same effect as one of the handler.
struct AttemptHooks {
    /// Transforms the input for the handler, or for the next middleware.
    std::function<JsonText(const JsonText& input)> input = {};

    /// Transforms the result of the handler, or of the next middleware, before it is recorded. Not
    /// called after an exception.
    std::function<JsonText(JsonText result)> result = {};

    /// The attempt is over: called exactly once, after `result`. `error` is the exception, or null.
    /// An exception thrown here replaces it.
    std::function<void(const std::exception_ptr& error)> end = {};

    /// Released on the thread that called the handler, as soon as the handler has returned or, if
    /// it is asynchronous, has been started: for thread-local state such as a trace's current span.
    std::shared_ptr<void> scope = {};
};

/// Wraps blocking and asynchronous handlers: called at the start of each attempt, on the thread
/// that is about to call the handler, and concurrently for several attempts. If it throws, the
/// attempt fails, and the handler is not called. `context` is valid until AttemptHooks::end
/// returns.
///
/// The first of several is the outermost: its `input` is called first, its `result` and `end` last.
using Middleware = std::function<AttemptHooks(JobContext& context)>;

} // namespace asyncjobs::inline ASYNCJOBS_ABI
