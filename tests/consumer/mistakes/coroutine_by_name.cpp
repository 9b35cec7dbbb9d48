// says: a handler that is a coroutine is registered as asyncjobs::coroutine(executor, handler)
#include "job.hpp"

#include <boost/asio/awaitable.hpp>

void mistake(asyncjobs::Executor& executor) {
    executor.handle(
        "report",
        [](const asyncjobs::JsonText&, asyncjobs::ProgressReporter&)
            -> boost::asio::awaitable<asyncjobs::JsonText> { co_return asyncjobs::JsonText(); });
}
