#pragma once

#include <asyncjobs/json_text.hpp>
#include <asyncjobs/progress_reporter.hpp>

#include <exception>
#include <functional>
#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What a Middleware does around one attempt; each member may be left empty. Destroyed after
/// `end`.
///
/// An exception that a hook throws is the attempt's from there on, as if the handler had thrown it.
struct AttemptHooks {
    /// Makes of the input what the handler, or the next middleware, gets.
    std::function<JsonText(const JsonText& input)> input = {};

    /// Makes of what the handler returned, or the next middleware made of it, what is recorded. Not
    /// called after an exception.
    std::function<JsonText(JsonText result)> result = {};

    /// The attempt is over: once in any case, after `result`. `error` is what was thrown, or null.
    /// To throw something else replaces it.
    std::function<void(const std::exception_ptr& error)> end = {};

    /// Released on the thread that called the handler, as soon as it has returned, or, if it is
    /// asynchronous, has been started: what a thread carries, like the current span of a trace.
    std::shared_ptr<void> scope = {};
};

/// Wraps handlers, blocking and asynchronous ones alike: called at the start of each attempt, on
/// the thread that is about to call the handler, and by several of them at once. To throw fails the
/// attempt, and the handler is not called. `progress` is valid until AttemptHooks::end returns.
///
/// The first of several is the outermost: its `input` is called first, its `result` and `end` last.
using Middleware = std::function<AttemptHooks(ProgressReporter& progress)>;

} // namespace asyncjobs::inline ASYNCJOBS_ABI
