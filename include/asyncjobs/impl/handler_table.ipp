#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/handler_table.hpp>

#include <fmt/format.h>

#include <span>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

inline void check_middleware(std::span<const Middleware> chain) {
    for (const auto& middleware : chain)
        if (!middleware)
            throw Error(Errc::invalid_argument,
                        "middleware holds an empty function, but must hold none");
}

ASYNCJOBS_INLINE HandlerKind HandlerTable::add(std::string type, Handler handler) {
    check_name("type", type);
    if (!handler.run && !handler.run_async)
        throw Error(Errc::invalid_argument, fmt::format("the handler of {} is empty", type));
    check_middleware(handler.options.middleware);
    check_range("timeout", handler.options.timeout, Duration{0}, Duration{std::chrono::days{365}});
    const auto [entry, added] = handlers_.try_emplace(std::move(type), std::move(handler));
    if (!added)
        throw Error(Errc::invalid_argument,
                    fmt::format("type {} has a handler already", entry->first));
    return entry->second.kind();
}

ASYNCJOBS_INLINE void HandlerTable::use(Middleware middleware) {
    check_middleware(std::span(&middleware, 1));
    middleware_.push_back(std::move(middleware));
}

ASYNCJOBS_INLINE void HandlerTable::wrap() {
    for (auto& [type, handler] : handlers_) {
        auto chain = middleware_;
        chain.insert(chain.end(), handler.options.middleware.begin(),
                     handler.options.middleware.end());
        if (chain.empty()) continue;
        if (handler.run)
            handler.run = wrapped(std::move(chain), std::move(handler.run));
        else
            handler.run_async = wrapped(std::move(chain), std::move(handler.run_async));
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
