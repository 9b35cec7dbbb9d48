#pragma once

#include "databases/mysql_tables.hpp"

#include <doctest/doctest.h>

#include <string_view>
#include <vector>

namespace soci_test {

/// A case for MariaDB and MySQL: written once, and run on a server of each.
struct MysqlCase {
    std::string_view group;
    const char* name;
    void (*run)(const Need& server);
};

inline std::vector<MysqlCase>& mysql_cases() {
    static std::vector<MysqlCase> cases;
    return cases;
}

struct AddMysqlCase {
    explicit AddMysqlCase(const MysqlCase& one) { mysql_cases().push_back(one); }
};

/// Makes each case of the group a subcase of the test that calls this.
inline void run_mysql_cases(std::string_view group, const Need& server) {
    for (const MysqlCase& one : mysql_cases())
        if (one.group == group) SUBCASE(one.name) one.run(server);
}

#define MYSQL_CASE_AS(group, name, function, added)                                                \
    static void function(const Need& needed);                                                      \
    static const soci_test::AddMysqlCase added({group, name, function});                           \
    static void function(const Need& needed)
#define MYSQL_CASE_AT(group, name, number)                                                         \
    MYSQL_CASE_AS(group, name, DOCTEST_CAT(mysql_case_, number), DOCTEST_CAT(added_case_, number))
/// As TEST_CASE(), with `needed`, the server on which it runs.
#define MYSQL_CASE(group, name) MYSQL_CASE_AT(group, name, __COUNTER__)

} // namespace soci_test
