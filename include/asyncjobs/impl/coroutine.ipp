#pragma once

#include <asyncjobs/coroutine.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

ASYNCJOBS_INLINE void CancelCoroutine::operator()() const {
    const auto run = run_.lock();
    if (!run) return;
    boost::asio::post(run->strand, [weak = run_] {
        if (const auto alive = weak.lock())
            alive->cancellation.emit(boost::asio::cancellation_type::all);
    });
}

ASYNCJOBS_INLINE std::exception_ptr interruption(std::exception_ptr thrown,
                                                 const std::stop_token& stop) {
    if (!thrown || !stop.stop_requested()) return thrown;
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
        return error.code() == boost::asio::error::operation_aborted
                   ? std::make_exception_ptr(Interrupted{})
                   : thrown;
    } catch (...) {
        return thrown;
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
