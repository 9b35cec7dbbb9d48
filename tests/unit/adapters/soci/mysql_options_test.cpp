#include "databases/store_calls.hpp"
#include "mysql/options.hpp"

#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;

MysqlOptions options_of(std::string_view url) { return mysql_options(parse_store_url(url)); }

TEST_CASE("a mysql: URL names server, user and database") {
    const auto options = options_of("mysql://joe:secret@db.example:3307/shop");
    CHECK(options.host == "db.example");
    CHECK(options.port == 3307);
    CHECK(options.user == "joe");
    CHECK(options.password == "secret");
    CHECK(options.database == "shop");
}

TEST_CASE("a mysql: URL may leave out the port and the password, and hold an IPv6 address") {
    const auto options = options_of("mysql://joe@[::1]/shop");
    CHECK(options.host == "::1");
    CHECK(options.port == 0);
    CHECK(options.password.empty());
    CHECK(options_of("mysql://joe@[::1]:7/shop").port == 7);
}

TEST_CASE("user, password and database of a mysql: URL may be percent-encoded") {
    const auto options = options_of("mysql://a%40b:p%2Fw%3A%27%5c%25@h/x%20y");
    CHECK(options.user == "a@b");
    CHECK(options.password == "p/w:'\\%");
    CHECK(options.database == "x y");
}

TEST_CASE("a mysql: URL may name a socket and timeouts") {
    const auto options =
        options_of("mysql://joe@/shop?socket=/run/db.sock&connect_timeout=2&timeout=7");
    CHECK(options.socket == "/run/db.sock");
    CHECK(options.connect_timeout == std::chrono::seconds{2});
    CHECK(options.timeout == std::chrono::seconds{7});
}

TEST_CASE("a mysql: URL that breaks a rule is refused without its password") {
    for (const char* url :
         {"mysql:shop", "mysql://joe:pa55@/shop", "mysql://joe:pa55@h", "mysql://joe:pa55@h/",
          "mysql://joe:pa55@h:0/s", "mysql://joe:pa55@h:x/s", "mysql://joe:pa55@h:65536/s",
          "mysql://joe:pa55%@h/s", "mysql://joe:pa55%zz@h/s", "mysql://joe:pa55%00@h/s",
          "mysql://joe:pa55@[::1/s", "mysql://joe:pa55@[::1]7/s", "mysql://joe:pa55@h/s?timeout=0",
          "mysql://joe:pa55@h/s?connect_timeout=1h", "mysql://joe:pa55@h/s?charset=latin1"}) {
        CAPTURE(url);
        CHECK(soci_test::code_of([&] { options_of(url); }) == Errc::invalid_argument);
        CHECK(soci_test::message_of([&] { options_of(url); }).find("pa55") == std::string::npos);
    }
}

} // namespace
