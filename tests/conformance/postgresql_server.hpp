#pragma once

#include "databases/postgresql_server.hpp"
#include "run_conformance.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <string>
#include <utility>

namespace conformance {

/// Two objects are two stores on one schema, by way of `server`, which is that of
/// `needs_postgresql` or a pooler before it. The cases share it, one after the other.
inline void run_on_postgresql(const std::string& server, const std::string& parameters) {
    static const soci_test::PostgresqlSchema schema;
    static bool has_tables = false;
    const auto url = server + "?schema=" + schema.name() + parameters;
    run({.reset =
             [&] {
                 if (std::exchange(has_tables, true))
                     schema.connect().run("DELETE FROM jobs; DELETE FROM job_queues;"
                                          " DELETE FROM job_dependencies; DELETE FROM job_limits;"
                                          " DELETE FROM job_lines; DELETE FROM job_places;"
                                          " DELETE FROM job_waiting; DELETE FROM job_tombstones;"
                                          " UPDATE job_fences SET used = 0");
             },
         .open = [&] { return asyncjobs::open_store(url); }});
}

} // namespace conformance
