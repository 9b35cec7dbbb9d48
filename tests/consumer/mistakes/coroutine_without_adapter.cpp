// says: a handler that is a coroutine is registered as asyncjobs::coroutine(executor, handler)
#include "job.hpp"

#include <boost/asio/awaitable.hpp>

void mistake(asyncjobs::Executor& executor) {
    executor.handle<Report>([](Report) -> boost::asio::awaitable<int> { co_return 1; });
}
