#pragma once

#include <asyncjobs/asio.hpp>
#include <asyncjobs/stop_signals.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>

namespace asyncjobs::inline ASYNCJOBS_ABI {

struct StopSignals::Impl {
    boost::asio::io_context context;
    boost::asio::signal_set signals{context, SIGINT, SIGTERM};
};

ASYNCJOBS_INLINE StopSignals::StopSignals() : impl_(std::make_unique<Impl>()) {}
ASYNCJOBS_INLINE StopSignals::~StopSignals() = default;

ASYNCJOBS_INLINE void StopSignals::stop(Executor& executor, Duration grace,
                                        Duration grace_to_stop) {
    auto& context = impl_->context;
    auto& signals = impl_->signals;
    const auto runtime = make_runtime(context.get_executor());
    const auto lane = runtime->make_lane(1);
    signals.async_wait([&](boost::system::error_code, int) {
        signals.async_wait([&](boost::system::error_code ended, int) {
            if (!ended) executor.stop({}, {});
        });
        lane->post([&] {
            executor.stop(grace, grace_to_stop);
            boost::asio::post(context, [&] { signals.cancel(); });
        });
    });
    context.restart();
    context.run();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
