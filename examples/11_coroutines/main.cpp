// A thousand jobs wait for a slow service at once, on a single thread: their handlers are
// coroutines. One job that waits forever is cancelled.

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/coroutine.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

struct Track {
    static constexpr std::string_view type = "track";
    int parcel = 0;
    int patience_ms = 100; ///< until the carrier responds
};
struct Tracked {
    int parcel = 0;
    bool delivered = false;
};
BOOST_DESCRIBE_STRUCT(Track, (), (parcel, patience_ms))
BOOST_DESCRIBE_STRUCT(Tracked, (), (parcel, delivered))

int main() {
    boost::asio::io_context context;
    auto work = boost::asio::make_work_guard(context);
    std::jthread thread([&context] { context.run(); });

    int waiting = 0, most = 0; // only the context's thread uses them
    const auto track = [&](Track in) -> boost::asio::awaitable<Tracked> {
        most = std::max(most, ++waiting);
        boost::asio::steady_timer carrier(co_await boost::asio::this_coro::executor);
        carrier.expires_after(in.patience_ms * 1ms);
        co_await carrier.async_wait(boost::asio::use_awaitable);
        --waiting;
        co_return Tracked{.parcel = in.parcel, .delivered = in.parcel % 2 == 0};
    };
    asyncjobs::MemoryJobStore store;
    asyncjobs::Executor executor(store, {.concurrency = 1001});
    executor.handle<Track>(asyncjobs::coroutine(context.get_executor(), track));
    executor.start();

    asyncjobs::Client client(store);
    const auto in_vain = client.submit(Track{.parcel = 0, .patience_ms = 3'600'000}).id;
    std::vector<asyncjobs::JobId> ids;
    for (int parcel = 1; parcel <= 1000; ++parcel)
        ids.push_back(client.submit(Track{.parcel = parcel}).id);
    const auto completed = std::ranges::count_if(ids, [&](const asyncjobs::JobId& id) {
        return client.wait(id, 20s)->status == asyncjobs::JobStatus::completed;
    });
    client.cancel(in_vain);
    const auto cancelled = client.wait(in_vain, 20s)->status;
    executor.stop();
    work.reset();
    fmt::print("{} of {} completed, up to {} at once on one thread\n", completed, ids.size(), most);
    fmt::print("the one in vain: {}\n", asyncjobs::to_string(cancelled));
}
