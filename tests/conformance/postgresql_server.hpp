#pragma once

#include "databases/postgresql_server.hpp"
#include "run_conformance.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <memory>
#include <string>
#include <utility>

namespace conformance {

/// A schema, with tables once a store has been opened.
struct PostgresqlStoreTables {
    soci_test::PostgresqlSchema schema;
    bool are_made = false;
};

/// Two objects are two stores on the same tables, of `server`, which is that of `needs_postgresql`
/// or a pooler before it.
inline asyncjobs::testing::StoreFactory
postgresql_stores(const std::shared_ptr<PostgresqlStoreTables>& tables, const std::string& server,
                  const std::string& parameters, const asyncjobs::StoreOptions& options) {
    return {.reset =
                [tables] {
                    if (std::exchange(tables->are_made, true))
                        tables->schema.connect().run(
                            "DELETE FROM jobs; DELETE FROM job_queues;"
                            " DELETE FROM job_dependencies; DELETE FROM job_limits;"
                            " DELETE FROM job_buckets; DELETE FROM job_slots;"
                            " DELETE FROM job_waiting; DELETE FROM job_tombstones;"
                            " DELETE FROM job_steps; DELETE FROM job_workers;"
                            " DELETE FROM job_tallies; DELETE FROM job_audit;"
                            " UPDATE job_fences SET used = 0");
                },
            .open = [tables, url = server + "?schema=" + tables->schema.name() + parameters,
                     options] { return asyncjobs::open_store(url, options); }};
}

/// The same on tables that the cases share, one after the other.
inline asyncjobs::testing::StoreFactory
postgresql_stores(const std::string& server, const std::string& parameters,
                  const asyncjobs::StoreOptions& options = {}) {
    static const auto tables = std::make_shared<PostgresqlStoreTables>();
    return postgresql_stores(tables, server, parameters, options);
}

inline void run_on_postgresql(const std::string& server, const std::string& parameters) {
    run(postgresql_stores(server, parameters));
}

} // namespace conformance
