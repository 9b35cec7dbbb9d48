#include "hanging_server.hpp"
#include "mysql_cases.hpp"

#include "integration/private_server.hpp"
#include "needs.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>

namespace {

TEST_CASE("executor, client and store can be destroyed while a MariaDB server hangs" *
          needs_mariadb) {
    const PrivateServer server(SERVER_SCRIPTS "/mariadb.sh", SERVER_FOLDER);
    const auto signal = [](int number) {
        std::ifstream file(SERVER_FOLDER "/mariadb/pid");
        pid_t process = 0;
        file >> process;
        REQUIRE(process > 0);
        CHECK(::kill(process, number) == 0);
    };
    soci_test::check_ends_while_server_hangs(
        server.url() + "?table_prefix=hang_&connect_timeout=2", [&] { signal(SIGSTOP); },
        [&] { signal(SIGCONT); });
}

TEST_CASE("executor, client and store can be destroyed while they connect to MariaDB" *
          needs_mariadb) {
    soci_test::run_mysql_cases("hang", needs_mariadb);
}

} // namespace
