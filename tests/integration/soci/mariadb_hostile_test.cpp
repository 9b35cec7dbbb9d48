#include "mysql_hostile_server.hpp"

#include <doctest/doctest.h>

TEST_CASE("the store works on a MariaDB whose settings and character sets are hostile" *
          needs_mariadb) {
    soci_test::HostileServer server(
        "mariadb.sh", "--character-set-server=latin1 --skip-character-set-client-handshake");
    soci_test::check_databases_of_few_characters(server);
    soci_test::check_hostile_settings(
        server, " tx_isolation = 'SERIALIZABLE', tx_read_only = 1, innodb_snapshot_isolation = ON,"
                " sql_mode = 'ORACLE,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,"
                "HIGH_NOT_PRECEDENCE,EMPTY_STRING_IS_NULL,ONLY_FULL_GROUP_BY',"
                " old_mode = 'UTF8_IS_UTF8MB3,NO_PROGRESS_INFO', join_cache_level = 8,"
                " optimizer_switch = 'derived_merge=off,materialization=off,semijoin=off'");
}
