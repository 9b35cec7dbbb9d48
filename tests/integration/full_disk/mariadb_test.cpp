#include "check_full_disk.hpp"
#include "needs.hpp"

#include <doctest/doctest.h>

TEST_CASE("a full disk of MariaDB's refuses submits, and holds up ends but loses none" *
          needs_mariadb) {
    check_full_disk("mariadb.sh");
}
