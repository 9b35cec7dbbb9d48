#pragma once

#include "databases/mysql_tables.hpp"
#include "run_conformance.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <memory>
#include <string>
#include <utility>

namespace conformance {

inline void empty_tables(soci_test::Mysql& server) {
    for (const char* table :
         {"jobs", "job_queues", "job_dependencies", "job_limits", "job_buckets", "job_slots",
          "job_waiting", "job_tombstones", "job_steps", "job_workers", "job_tallies", "job_audit"})
        server.run(std::string("DELETE FROM ") + table);
    server.run("UPDATE job_fences SET used = 0");
}

/// Tables, once a store has been opened.
struct MysqlStoreTables {
    explicit MysqlStoreTables(const Need& server) : tables(server) {}

    soci_test::MysqlTables tables;
    bool are_made = false;
};

/// Two objects are two stores on the same tables.
inline asyncjobs::testing::StoreFactory mysql_stores(const std::shared_ptr<MysqlStoreTables>& made,
                                                     const asyncjobs::StoreOptions& options = {}) {
    return {.reset =
                [made] {
                    if (!std::exchange(made->are_made, true)) return;
                    auto server = made->tables.connect();
                    empty_tables(server);
                },
            .open = [made, options] { return asyncjobs::open_store(made->tables.url(), options); }};
}

} // namespace conformance
