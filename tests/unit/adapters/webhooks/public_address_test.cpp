#include "public_address.hpp"

#include <doctest/doctest.h>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <string>

namespace {

using asyncjobs::webhooks::is_public_address;

bool is_public(const std::string& address) {
    CAPTURE(address);
    return is_public_address(boost::asio::ip::make_address(address));
}

} // namespace

TEST_CASE("each non-public range of IPv4 has exact bounds") {
    struct Range {
        const char *before, *first, *last, *after; ///< empty: not public either, or none
    };
    for (const auto& range : {
             Range{"", "0.0.0.0", "0.255.255.255", "1.0.0.0"},
             Range{"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
             Range{"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
             Range{"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
             Range{"168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17"},
             Range{"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
             Range{"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
             Range{"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
             Range{"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
             Range{"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
             Range{"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
             Range{"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
             Range{"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
             Range{"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
             Range{"223.255.255.255", "224.0.0.0", "239.255.255.255", ""},
             Range{"", "240.0.0.0", "255.255.255.255", ""},
         }) {
        CHECK_FALSE(is_public(range.first));
        CHECK_FALSE(is_public(range.last));
        for (const std::string outside : {range.before, range.after})
            if (!outside.empty()) CHECK(is_public(outside));
    }
}

TEST_CASE("well-known public addresses are public") {
    for (const char* address :
         {"1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2001:4860:4860::8888",
          "2a00:1450:4001:82b::200e", "2001:200::1", "2400::1", "2003::1", "3ffd::1"})
        CHECK(is_public(address));
}

TEST_CASE("loopback, inner and multicast IPv6 addresses are not public") {
    for (const char* address :
         {"::", "::1", "fc00::1", "fdff:ffff::1", "fe80::1", "febf::1", "fec0::1", "feff::1",
          "ff00::1", "ff02::1", "ff0e::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"})
        CHECK_FALSE(is_public(address));
}

TEST_CASE("an IPv6 address that embeds an IPv4 address is not public") {
    for (const char* address :
         {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8",
          "::ffff:0:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1",
          "2002:7f00:1::", "2002:808:808::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"})
        CHECK_FALSE(is_public(address));
}

TEST_CASE("IPv6 for reserved use, documentation or benchmarks is not public") {
    for (const char* address :
         {"100::1", "100:0:0:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1",
          "2001:db8::1", "2001:db8:ffff::1", "3fff::1", "3fff:fff::1", "3ffe::1", "5f00::1",
          "1fff:ffff::1", "4000::1", "8000::1", "e000::1"})
        CHECK_FALSE(is_public(address));
}
