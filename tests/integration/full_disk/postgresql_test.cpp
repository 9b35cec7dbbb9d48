#include "check_full_disk.hpp"
#include "needs.hpp"

#include <doctest/doctest.h>

TEST_CASE("a full disk of PostgreSQL's refuses submits, and holds up ends but loses none" *
          needs_postgresql) {
    check_full_disk("postgres.sh");
}
