#include "same_output.hpp"
#include "scratch_directory.hpp"

#include <doctest/doctest.h>

TEST_CASE("reading commands print the same from SQLite and from a server") {
    const ScratchDirectory scratch;
    cli_test::check_same_output("sqlite:" + (scratch / "jobs.db").string(),
                                {"json", "jsonl", "csv", "table", "id"});
}
