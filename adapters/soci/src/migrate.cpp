#include "sql_job_store.hpp"

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

std::vector<Migration> missing_migrations(const Dialect& dialect, Session& session) {
    const auto known = dialect.migrations();
    const int version = dialect.schema_version(session);
    if (version > known.back().version)
        throw Error(Errc::store_failure,
                    fmt::format("the tables have version {}, but this library knows versions up to "
                                "{}: it is older than the one that made them",
                                version, known.back().version));
    std::vector<Migration> missing;
    for (const Migration& step : known)
        if (step.version > version) missing.push_back(step);
    return missing;
}

void migrate(const Dialect& dialect, Session& session) {
    if (missing_migrations(dialect, session).empty()) return;
    dialect.begin_write(session);
    dialect.lock_schema(session);
    // Another process may have been faster.
    for (const Migration& step : missing_migrations(dialect, session))
        dialect.migrate(session, step);
    dialect.commit(session);
    dialect.unlock_schema(session);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
