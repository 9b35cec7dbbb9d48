#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

/// A resource that a machine may lack, named by an environment variable. As a decorator, it skips
/// the test case if the variable is not set:
///
///     TEST_CASE("the MySQL store conforms" * needs_mysql) { ... needs_mysql.value() ... }
///
/// The test main reports skipped cases and the reasons. A test file has a need in all of its cases
/// or in none, so that ctest shows its entry as skipped.
struct Need {
    const char* variable;
    const char* why_skipped;

    /// Errors  std::runtime_error if the variable is not set.
    std::string value() const {
        const char* value = std::getenv(variable);
        if (!value) throw std::runtime_error(why_skipped);
        return value;
    }

    void fill(doctest::detail::TestCase& test) const {
        if (std::getenv(variable)) return;
        test.m_skip = true;
        test.m_description = why_skipped;
    }
};

inline constexpr Need needs_postgresql{
    "ASYNCJOBS_TEST_POSTGRESQL",
    "ASYNCJOBS_TEST_POSTGRESQL is not set; tests/servers/postgres.sh starts a server"};
inline constexpr Need needs_pgbouncer{
    "ASYNCJOBS_TEST_PGBOUNCER",
    "ASYNCJOBS_TEST_PGBOUNCER is not set; tests/servers/pgbouncer.sh starts a pooler"};
inline constexpr Need needs_mariadb{
    "ASYNCJOBS_TEST_MARIADB",
    "ASYNCJOBS_TEST_MARIADB is not set; tests/servers/mariadb.sh starts a server"};
inline constexpr Need needs_mysql{
    "ASYNCJOBS_TEST_MYSQL",
    "ASYNCJOBS_TEST_MYSQL is not set; tests/servers/mysql.sh starts a server"};
/// Its value is the URLs of three nodes, with a blank between them.
inline constexpr Need needs_galera{
    "ASYNCJOBS_TEST_GALERA",
    "ASYNCJOBS_TEST_GALERA is not set; tests/servers/galera.sh starts a cluster"};
inline constexpr Need needs_s3{
    "ASYNCJOBS_TEST_S3", "ASYNCJOBS_TEST_S3 is not set; tests/servers/swift.sh starts a server"};
/// Its value is the path of a library to preload.
inline constexpr Need needs_faketime{
    "ASYNCJOBS_TEST_FAKETIME", "ASYNCJOBS_TEST_FAKETIME does not name the library of libfaketime"};
inline constexpr Need needs_orders{"ASYNCJOBS_TEST_ORDERS",
                                   "ASYNCJOBS_TEST_ORDERS does not name a file of orders"};
