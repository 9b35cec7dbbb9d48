#include "mysql_hostile_server.hpp"

#include <doctest/doctest.h>

TEST_CASE("the store works on a MySQL whose settings and character sets are hostile" *
          needs_mysql) {
    soci_test::HostileServer server("mysql.sh", "--character-set-server=latin1");
    soci_test::check_databases_of_few_characters(server);
    soci_test::check_hostile_settings(
        server, " transaction_isolation = 'SERIALIZABLE', transaction_read_only = 1,"
                " sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,"
                "HIGH_NOT_PRECEDENCE,ONLY_FULL_GROUP_BY,TIME_TRUNCATE_FRACTIONAL',"
                " optimizer_switch = 'derived_merge=off,materialization=off,semijoin=off'");
}
