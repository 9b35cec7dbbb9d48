#include "check_full_disk.hpp"
#include "needs.hpp"

#include <doctest/doctest.h>

TEST_CASE("with a full disk, PostgreSQL refuses submits, and settlements are delayed but not lost" *
          needs_postgresql) {
    check_full_disk("postgres.sh");
}
