#include <support/address_lookup.hpp>

#include <support/http_error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <latch>

using namespace asyncjobs;
using namespace asyncjobs::support;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

SteadyTime after(Duration time) { return make_runtime()->now() + time; }

/// Looks up `host` on the lane; rethrows the lookup's error.
Addresses looked_up(Lane& lane, const std::string& host, SteadyTime deadline) {
    asio::io_context context;
    Addresses addresses;
    std::exception_ptr thrown;
    asio::co_spawn(context, look_up_on(lane, host, deadline),
                   [&](std::exception_ptr error, Addresses found) {
                       thrown = error;
                       addresses = std::move(found);
                   });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return addresses;
}

} // namespace

TEST_CASE("an address is returned unchanged, and the system resolves a name") {
    CHECK(look_up("127.0.0.1") == Addresses{asio::ip::make_address("127.0.0.1")});
    CHECK(std::ranges::all_of(look_up("localhost"),
                              [](const auto& address) { return address.is_loopback(); }));
    CHECK_THROWS_AS(look_up("no-such-host.invalid"), boost::system::system_error);
}

TEST_CASE("a lookup on a lane returns the same addresses") {
    const auto runtime = make_runtime();
    const auto lane = runtime->make_lane(1);
    CHECK(looked_up(*lane, "127.0.0.1", after(20s)) == look_up("127.0.0.1"));
    CHECK_THROWS_AS(looked_up(*lane, "no-such-host.invalid", after(20s)),
                    boost::system::system_error);
}

TEST_CASE("a lookup fails at its deadline") {
    std::latch end(1);
    const auto runtime = make_runtime();
    const auto lane = runtime->make_lane(1);
    lane->post([&] { end.wait(); });
    boost::system::error_code code;
    {
        asio::io_context context; // outlives the lookup
        asio::co_spawn(context, look_up_on(*lane, "127.0.0.1", after(50ms)),
                       [&](std::exception_ptr error, const Addresses&) {
                           try {
                               std::rethrow_exception(error);
                           } catch (const boost::system::system_error& thrown) {
                               code = thrown.code();
                           }
                       });
        context.run();
        CHECK(code == HttpError::timeout());
        std::latch done(1);
        lane->post([&] { done.count_down(); });
        end.count_down();
        done.wait();
    }
}
