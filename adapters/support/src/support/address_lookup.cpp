#include "address_lookup.hpp"

#include "http_error.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::support {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::system_error;

Addresses resolve(const asio::any_io_executor& executor, const std::string& host,
                  error_code& error) {
    using Resolver = asio::ip::tcp::resolver;
    Addresses addresses;
    for (const auto& found :
         Resolver(executor).resolve(host, "", Resolver::address_configured, error))
        addresses.push_back(found.endpoint().address());
    return addresses;
}

/// A lookup, shared with its coroutine, which may stop waiting before it is done.
struct Lookup {
    Lookup(const asio::any_io_executor& executor, SteadyTime deadline) : done(executor, deadline) {}

    asio::steady_timer done; ///< cancelled when the lookup is done
    bool is_done = false;
    error_code error = {};
    Addresses found = {};
};

} // namespace

Addresses look_up(const std::string& host) {
    asio::io_context context;
    error_code error;
    auto addresses = resolve(context.get_executor(), host, error);
    if (error) throw system_error(error);
    return addresses;
}

asio::awaitable<Addresses> look_up_on(Lane& lane, std::string host, SteadyTime deadline) {
    const auto executor = co_await asio::this_coro::executor;
    const auto lookup = std::make_shared<Lookup>(executor, deadline);
    auto work = [lookup, host = std::move(host)] {
        const auto strand = lookup->done.get_executor();
        error_code error;
        auto found = resolve(strand, host, error);
        asio::post(strand, [lookup, error, found = std::move(found)]() mutable {
            lookup->is_done = true;
            lookup->error = error;
            lookup->found = std::move(found);
            lookup->done.cancel();
        });
    };
    lane.post(std::move(work));
    error_code waited;
    co_await lookup->done.async_wait(asio::redirect_error(asio::use_awaitable, waited));
    if (lookup->is_done) {
        if (lookup->error) throw system_error(lookup->error);
        co_return std::move(lookup->found);
    }
    if (!waited) waited = HttpError::timeout();
    throw system_error(waited);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::support
