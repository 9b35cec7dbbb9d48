#pragma once

#include <asyncjobs/detail/middleware_chain.hpp>
#include <asyncjobs/detail/slot_planner.hpp>
#include <asyncjobs/handler.hpp>
#include <asyncjobs/retry_policy.hpp>

#include <map>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// A registered handler: one of the two functions is set.
struct Handler {
    HandlerFunction run;
    AsyncHandlerFunction run_async;
    HandlerOptions options;

    HandlerKind kind() const noexcept {
        return run_async ? HandlerKind::async : HandlerKind::blocking;
    }
};

/// The handlers of an executor, by job type.
///
/// Thread-safety  As a container's: does not change once the executor has started.
/// Errors         Error (Errc::invalid_argument).
class ASYNCJOBS_DECL HandlerTable {
public:
    explicit HandlerTable(RetryPolicy retry) : retry_(std::move(retry)) {}

    /// Returns its kind.
    HandlerKind add(std::string type, Handler handler);
    void use(Middleware middleware);

    /// Puts the middleware around the handlers. Types without middleware keep their handlers
    /// unchanged.
    void wrap();

    /// Null if the type has no handler.
    const Handler* find(std::string_view type) const {
        const auto found = handlers_.find(type);
        return found == handlers_.end() ? nullptr : &found->second;
    }

    /// The types that have a handler, by name.
    std::vector<std::string> types() const {
        std::vector<std::string> types;
        types.reserve(handlers_.size());
        for (const auto& [type, handler] : handlers_) types.push_back(type);
        return types;
    }

    const RetryPolicy& retry_policy_of(const Handler& handler) const noexcept {
        return handler.options.retry ? *handler.options.retry : retry_;
    }

private:
    const RetryPolicy retry_; ///< of handlers without a policy of their own
    std::map<std::string, Handler, std::less<>> handlers_;
    MiddlewareChain middleware_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/handler_table.ipp>
#endif
