#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace soci_test;

TEST_CASE("an unreachable MySQL server is store_unavailable at once, and is named") {
    const auto open_unreachable = [] { open_store("mysql://joe:pa55@127.0.0.1:1/shop"); };
    CHECK(code_of(open_unreachable) == Errc::store_unavailable);
    CHECK(message_of(open_unreachable).find("pa55") == std::string::npos);
    CHECK(message_of(open_unreachable).find("127.0.0.1:1") != std::string::npos);
    CHECK(message_of(open_unreachable).find("Connection refused") != std::string::npos);
}

TEST_CASE("a missing MySQL socket is named") {
    const auto no_socket = [] { open_store("mysql://joe@/shop?socket=/nowhere/mysql.sock"); };
    CHECK(code_of(no_socket) == Errc::store_unavailable);
    CHECK(message_of(no_socket).find("/nowhere/mysql.sock") != std::string::npos);
}

} // namespace
