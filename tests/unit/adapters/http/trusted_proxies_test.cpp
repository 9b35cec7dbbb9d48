#include "message/trusted_proxies.hpp"

#include "unit/thrown.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace asyncjobs::http;

namespace {

std::string client_of(const TrustedProxies& proxies, std::string peer,
                      std::vector<std::string> forwarded) {
    Request request{.remote_address = std::move(peer)};
    for (auto& field : forwarded) request.headers.add("X-Forwarded-For", std::move(field));
    return proxies.client_of(request);
}

} // namespace

TEST_CASE("without trusted proxies, the client is the peer") {
    const TrustedProxies none({});
    CHECK(client_of(none, "203.0.113.9", {"198.51.100.1"}) == "203.0.113.9");
    CHECK_FALSE(none.contains("127.0.0.1"));
}

TEST_CASE("a trusted proxy determines the client's address") {
    const TrustedProxies proxies({"10.0.0.0/8", "127.0.0.1", "fd00::/8"});
    CHECK(client_of(proxies, "127.0.0.1", {"203.0.113.9"}) == "203.0.113.9");
    CHECK(client_of(proxies, "10.1.2.3", {"2001:db8::1"}) == "2001:db8::1");
    CHECK(client_of(proxies, "fd00::7", {"203.0.113.9:4711"}) == "203.0.113.9");
    CHECK(client_of(proxies, "fd00::7", {"[2001:db8::1]:4711"}) == "2001:db8::1");
    CHECK(client_of(proxies, "::ffff:127.0.0.1", {"::ffff:203.0.113.9"}) == "203.0.113.9");
    CHECK(client_of(proxies, "127.0.0.2", {"203.0.113.9"}) == "127.0.0.2");
}

TEST_CASE("addresses that a client claims itself are ignored") {
    const TrustedProxies proxies({"10.0.0.0/8"});
    CHECK(client_of(proxies, "10.0.0.1", {"1.1.1.1, 203.0.113.9"}) == "203.0.113.9");
    CHECK(client_of(proxies, "10.0.0.1", {"1.1.1.1", "203.0.113.9"}) == "203.0.113.9");
    CHECK(client_of(proxies, "10.0.0.1", {"10.0.0.7, 203.0.113.9, 10.0.0.2"}) == "203.0.113.9");
}

TEST_CASE("the client is the last address that trusted proxies have added") {
    const TrustedProxies proxies({"10.0.0.0/8"});
    CHECK(client_of(proxies, "10.0.0.1", {}) == "10.0.0.1");
    CHECK(client_of(proxies, "10.0.0.1", {"10.0.0.2"}) == "10.0.0.2");
    CHECK(client_of(proxies, "10.0.0.1", {"unknown"}) == "10.0.0.1");
    CHECK(client_of(proxies, "10.0.0.1", {"203.0.113.9, unknown, 10.0.0.2"}) == "10.0.0.2");
    CHECK(client_of(proxies, "10.0.0.1", {"203.0.113.9, , 10.0.0.2"}) == "10.0.0.2");
    CHECK(client_of(proxies, "10.0.0.1", {"[2001:db8::1"}) == "10.0.0.1");
    CHECK(client_of(proxies, "10.0.0.1", {"203.0.113.9,"}) == "10.0.0.1");
}

TEST_CASE("a network contains its addresses and no others") {
    const TrustedProxies proxies({"192.168.4.7/22", "2001:db8:1::/48"});
    CHECK(proxies.contains("192.168.4.0"));
    CHECK(proxies.contains("192.168.7.255"));
    CHECK_FALSE(proxies.contains("192.168.8.0"));
    CHECK(proxies.contains("2001:db8:1:ffff::"));
    CHECK_FALSE(proxies.contains("2001:db8:2::"));
    CHECK_FALSE(proxies.contains("not an address"));
    const TrustedProxies everybody({"0.0.0.0/0"});
    CHECK(everybody.contains("8.8.8.8"));
    CHECK_FALSE(everybody.contains("2001:db8::1"));
}

TEST_CASE("an invalid network is refused by name") {
    for (const std::string wrong :
         {"", "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129"}) {
        const auto error = thrown_by([&] { TrustedProxies({wrong}); });
        CHECK(has(error.what(), "trusted_proxies is \"" + wrong + '"'));
        CHECK(error.code() == Errc::invalid_argument);
    }
}

TEST_CASE("an IPv4-mapped address is converted, and other texts are unchanged") {
    CHECK(unmapped("::ffff:192.0.2.1") == "192.0.2.1");
    CHECK(unmapped("::FFFF:c000:0201") == "192.0.2.1");
    CHECK(unmapped("0:0:0:0:0:ffff:192.0.2.1") == "192.0.2.1");
    for (const std::string text : {"192.0.2.1", "::1", "2001:db8::1", "::192.0.2.1", "", "a:b"})
        CHECK(unmapped(text) == text);
}
