#pragma once

#include "databases/postgresql_server.hpp"
#include "run_conformance.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <memory>
#include <string>
#include <utility>

namespace conformance {

/// Two objects are two stores on one schema of their own, of `server`, which is that of
/// `needs_postgresql` or a pooler before it. The cases share it, one after the other.
inline asyncjobs::testing::StoreFactory
postgresql_stores(const std::string& server, const std::string& parameters,
                  const asyncjobs::StoreOptions& options = {}) {
    const auto schema = std::make_shared<soci_test::PostgresqlSchema>();
    return {.reset =
                [schema, has_tables = false]() mutable {
                    if (std::exchange(has_tables, true))
                        schema->connect().run(
                            "DELETE FROM jobs; DELETE FROM job_queues;"
                            " DELETE FROM job_dependencies; DELETE FROM job_limits;"
                            " DELETE FROM job_buckets; DELETE FROM job_slots;"
                            " DELETE FROM job_waiting; DELETE FROM job_tombstones;"
                            " DELETE FROM job_steps;"
                            " UPDATE job_fences SET used = 0");
                },
            .open = [url = server + "?schema=" + schema->name() + parameters,
                     options] { return asyncjobs::open_store(url, options); }};
}

inline void run_on_postgresql(const std::string& server, const std::string& parameters) {
    run(postgresql_stores(server, parameters));
}

} // namespace conformance
