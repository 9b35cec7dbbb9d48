#pragma once

#include "databases/mysql_tables.hpp"
#include "run_conformance.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <memory>
#include <string>
#include <utility>

namespace conformance {

inline void empty_tables(soci_test::Mysql& server) {
    for (const char* table : {"jobs", "job_queues", "job_dependencies", "job_limits", "job_buckets",
                              "job_slots", "job_waiting", "job_tombstones", "job_steps"})
        server.run(std::string("DELETE FROM ") + table);
    server.run("UPDATE job_fences SET used = 0");
}

/// Two objects are two stores on the same tables. The cases share them, one after the other;
/// `are_made` records that they exist.
inline asyncjobs::testing::StoreFactory mysql_stores(const soci_test::MysqlTables& tables,
                                                     bool& are_made,
                                                     const asyncjobs::StoreOptions& options = {}) {
    return {.reset =
                [&] {
                    if (!std::exchange(are_made, true)) return;
                    auto server = tables.connect();
                    empty_tables(server);
                },
            .open = [&tables, options] { return asyncjobs::open_store(tables.url(), options); }};
}

/// As mysql_stores(), on tables of their own.
inline asyncjobs::testing::StoreFactory
separate_mysql_stores(const Need& server, const asyncjobs::StoreOptions& options) {
    struct Tables {
        soci_test::MysqlTables tables;
        bool are_made = false;
    };
    const std::shared_ptr<Tables> own(new Tables{soci_test::MysqlTables(server)});
    const auto stores = mysql_stores(own->tables, own->are_made, options);
    return {.reset = [own, reset = stores.reset] { reset(); },
            .open = [own, open = stores.open] { return open(); }};
}

} // namespace conformance
