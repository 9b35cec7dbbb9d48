#include "check_full_disk.hpp"
#include "needs.hpp"

#include <doctest/doctest.h>

TEST_CASE("with a full disk, MariaDB refuses submits, and settlements are delayed but not lost" *
          needs_mariadb) {
    check_full_disk("mariadb.sh");
}
