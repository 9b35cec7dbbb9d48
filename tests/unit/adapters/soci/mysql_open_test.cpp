#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace soci_test;

TEST_CASE(
    "a MySQL server that can't be reached makes the store unavailable at once, and is named") {
    const auto nobody_listens = [] { open_store("mysql://joe:pa55@127.0.0.1:1/shop"); };
    CHECK(code_of(nobody_listens) == Errc::store_unavailable);
    CHECK(message_of(nobody_listens).find("pa55") == std::string::npos);
    CHECK(message_of(nobody_listens).find("127.0.0.1:1") != std::string::npos);
    CHECK(message_of(nobody_listens).find("Connection refused") != std::string::npos);
}

TEST_CASE("a MySQL socket that is not there is named") {
    const auto no_socket = [] { open_store("mysql://joe@/shop?socket=/nowhere/mysql.sock"); };
    CHECK(code_of(no_socket) == Errc::store_unavailable);
    CHECK(message_of(no_socket).find("/nowhere/mysql.sock") != std::string::npos);
}

} // namespace
