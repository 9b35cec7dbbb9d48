#pragma once

#include <asyncjobs/runtime.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A Runtime whose timers use the host's io_context, so that the library starts no timer thread.
/// Lanes still use the library's own threads, because blocking tasks must not run on the host's.
///
/// Pass it to Executor and Client. The io_context must run as long as any of them lives.
ASYNCJOBS_DECL std::shared_ptr<Runtime> make_runtime(boost::asio::any_io_executor timers);

} // namespace asyncjobs::inline ASYNCJOBS_ABI

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/asio_runtime.ipp>
#endif
