#include "host_checks.hpp"
#include "mysql_cases.hpp"
#include "mysql_host.hpp"

namespace {

using namespace soci_test;

MYSQL_CASE("host_handle", "a host's transaction submits and completes jobs if and only if it "
                          "commits") {
    check_host_transactions([&] { return make_host<MysqlHandleHost>(needed); });
}

} // namespace
