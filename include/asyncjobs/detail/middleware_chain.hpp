#pragma once

#include <asyncjobs/handler.hpp>
#include <asyncjobs/middleware.hpp>

#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Outermost first.
using MiddlewareChain = std::vector<Middleware>;

ASYNCJOBS_DECL HandlerFunction wrapped(MiddlewareChain chain, HandlerFunction handler);
ASYNCJOBS_DECL AsyncHandlerFunction wrapped(MiddlewareChain chain, AsyncHandlerFunction handler);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/middleware_chain.ipp>
#endif
