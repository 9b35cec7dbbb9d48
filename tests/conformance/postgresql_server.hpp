#pragma once

#include "run_conformance.hpp"
#include "unit/adapters/soci/postgresql_server.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <cstdlib>
#include <string>
#include <utility>

namespace conformance {

/// Two objects are two stores on one schema, by way of the server that `variable` names. The cases
/// share it, one after the other.
inline void run_on_postgresql(const char* variable, const std::string& parameters) {
    const auto server = soci_test::postgresql_server();
    const char* way = std::getenv(variable);
    if (server.empty() || !way) {
        MESSAGE("skipped: ", variable, " names no server; see tests/servers");
        return;
    }
    static const soci_test::PostgresqlSchema schema(server);
    static bool has_tables = false;
    const auto url = way + ("?schema=" + schema.name() + parameters);
    run({.reset =
             [&] {
                 if (std::exchange(has_tables, true))
                     schema.connect().run("DELETE FROM jobs; DELETE FROM job_queues;"
                                          " DELETE FROM job_dependencies; DELETE FROM job_limits;"
                                          " DELETE FROM job_lines; DELETE FROM job_places;"
                                          " DELETE FROM job_waiting; DELETE FROM job_tombstones");
             },
         .open = [&] { return asyncjobs::open_store(url); }});
}

} // namespace conformance
