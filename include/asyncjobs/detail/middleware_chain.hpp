#pragma once

#include <asyncjobs/handler.hpp>
#include <asyncjobs/middleware.hpp>

#include <vector>

namespace asyncjobs::detail {

/// Outermost first.
using MiddlewareChain = std::vector<Middleware>;

HandlerFunction wrapped(MiddlewareChain chain, HandlerFunction handler);
AsyncHandlerFunction wrapped(MiddlewareChain chain, AsyncHandlerFunction handler);

} // namespace asyncjobs::detail

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/middleware_chain.ipp>
#endif
