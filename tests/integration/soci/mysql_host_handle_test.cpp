#include "mysql_cases.hpp"
#include "mysql_host.hpp"

#include "databases/store_calls.hpp"

TEST_CASE("a host's transactions work on the client library's handle of MySQL" * needs_mysql) {
    soci_test::run_mysql_cases("host_handle", needs_mysql);
}

namespace {

using namespace asyncjobs;
using namespace soci_test;

TEST_CASE("a null MYSQL handle is refused" * needs_mysql) {
    MYSQL* const null = nullptr;
    CHECK(code_of([&] { submit(null, new_job(1)); }) == Errc::invalid_argument);
}

TEST_CASE("a MYSQL handle that is not connected is unavailable" * needs_mysql) {
    const std::unique_ptr<MYSQL, decltype(&mysql_close)> handle(mysql_init(nullptr), &mysql_close);
    CHECK(code_of([&] { submit(handle.get(), new_job(1)); }) == Errc::store_unavailable);
}

} // namespace
