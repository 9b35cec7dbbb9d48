#pragma once

#include <asyncjobs/detail/attempt_outcome.hpp>
#include <asyncjobs/detail/middleware_chain.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// One attempt and the hooks around it.
class WrappedAttempt {
public:
    explicit WrappedAttempt(const JsonText& input) : input_(&input) {}
    WrappedAttempt(const WrappedAttempt&) = delete;
    WrappedAttempt& operator=(const WrappedAttempt&) = delete;

    /// An exception ends the attempt; the hooks of middleware already entered run all the same.
    void enter(const MiddlewareChain& chain, JobContext& context) {
        hooks_.reserve(chain.size());
        for (const auto& middleware : chain) {
            const auto& hooks = hooks_.emplace_back(middleware(context));
            if (!hooks.input) continue;
            transformed_ = hooks.input(*input_);
            input_ = &transformed_;
        }
    }

    const JsonText& input() const noexcept { return *input_; }

    /// May run concurrently with end().
    void leave_scopes() noexcept {
        for (auto hooks = hooks_.rbegin(); hooks != hooks_.rend(); ++hooks) hooks->scope.reset();
    }

    void end(std::exception_ptr& error, JsonText& result) {
        for (auto hooks = hooks_.rbegin(); hooks != hooks_.rend(); ++hooks) {
            const auto attempt = [&](const auto& call) {
                try {
                    call();
                } catch (...) {
                    error = std::current_exception();
                }
            };
            if (hooks->result && !error)
                attempt([&] { result = hooks->result(std::move(result)); });
            if (hooks->end) attempt([&] { hooks->end(error); });
        }
    }

private:
    const JsonText* input_;
    JsonText transformed_;
    std::vector<AttemptHooks> hooks_;
};

struct WrappedAsyncAttempt {
    WrappedAsyncAttempt(const JsonText& input, Completion to)
        : attempt(input), done(std::move(to)) {}
    ~WrappedAsyncAttempt() {
        if (!ended) end(dropped_completion(), {});
    }

    void end(std::exception_ptr error, JsonText result) {
        if (ended.exchange(true)) return;
        attempt.end(error, result);
        done(error, std::move(result));
    }

    WrappedAttempt attempt;
    const Completion done;
    std::atomic<bool> ended = false;
};

ASYNCJOBS_INLINE HandlerFunction wrapped(MiddlewareChain chain, HandlerFunction handler) {
    return [chain = std::move(chain),
            handler = std::move(handler)](const JsonText& input, JobContext& context) -> JsonText {
        WrappedAttempt attempt(input);
        std::exception_ptr error;
        JsonText result;
        try {
            attempt.enter(chain, context);
            result = handler(attempt.input(), context);
        } catch (...) {
            error = std::current_exception();
        }
        attempt.leave_scopes();
        attempt.end(error, result);
        if (error) std::rethrow_exception(error);
        return result;
    };
}

ASYNCJOBS_INLINE AsyncHandlerFunction wrapped(MiddlewareChain chain, AsyncHandlerFunction handler) {
    return [chain = std::move(chain), handler = std::move(handler)](
               const JsonText& input, JobContext& context, Completion done) {
        const auto run = std::make_shared<WrappedAsyncAttempt>(input, std::move(done));
        try {
            run->attempt.enter(chain, context);
            handler(run->attempt.input(), context,
                    [run](std::exception_ptr error, JsonText result) {
                        run->end(std::move(error), std::move(result));
                    });
        } catch (...) {
            run->end(std::current_exception(), {});
        }
        run->attempt.leave_scopes();
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
