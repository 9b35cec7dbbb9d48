#include "db/schema_objects.hpp"
#include "store/sql_job_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

[[noreturn]] void refuse_tables(const std::string& message) {
    throw Error(Errc::schema_mismatch, message);
}

[[noreturn]] void refuse_foreign(const SchemaObject& found) {
    refuse_tables(fmt::format("the database's {} {} was not made by asyncjobs; choose another "
                              "table_prefix in the store's URL",
                              found.kind, found.name));
}

/// The database's objects that have names of migrations' objects.
class Inventory {
public:
    Inventory(const Dialect& dialect, Session& session)
        : session_(session), known_(dialect.migrations()),
          found_(dialect.find_objects(session, objects_made_after(0))) {}

    /// Whether the table of versions exists.
    bool has_versions() const {
        const auto all = objects_made_by(known_);
        const SchemaObject& ours = *find_object(all, "asyncjobs_schema");
        const SchemaObject* found = find(ours);
        if (found && !is_like(*found, ours)) refuse_foreign(*found);
        return found;
    }

    /// Throws if a table of `version` is missing or was not made by this library. With
    /// `may_be_begun`, tables that the next step drops or replaces may be missing, or already be
    /// replaced.
    void check_made(int version, bool may_be_begun) const {
        const auto begun = objects_begun_after(version, may_be_begun);
        for (const SchemaObject& made : objects_made_by(known_.first(steps_to(version)))) {
            if (made.kind != "table") continue;
            const SchemaObject* found = find(made);
            const SchemaObject* next = find_object(begun, made.name);
            if (next && next->columns != made.columns && (!found || is_like(*found, *next)))
                continue;
            if (!found && !next) continue;
            if (!found)
                refuse_tables(
                    fmt::format("the table {} is missing, although the tables have version {}; "
                                "restore it, or remove asyncjobs' other tables as well",
                                session_.with_prefix(made.name), version));
            if (!is_like(*found, made)) refuse_foreign(*found);
        }
    }

    /// Throws if an object of a later version exists, be it dropped by one that follows. With
    /// `may_be_begun`, objects that an interrupted step has left are allowed.
    void check_free(int version, bool may_be_begun) const {
        const auto before = objects_made_by(known_.first(steps_to(version)));
        const auto begun = objects_begun_after(version, may_be_begun);
        for (const SchemaObject& wanted : objects_made_after(version)) {
            if (find_object(before, wanted.name)) continue;
            const SchemaObject* found = find_in_the_way(wanted);
            if (!found) continue;
            const SchemaObject* half_done = find_object(begun, wanted.name);
            const bool is_ours = may_be_begun && (is_made_like(*found, wanted) ||
                                                  (half_done && is_made_like(*found, *half_done)));
            if (!is_ours) refuse_foreign(*found);
        }
    }

private:
    std::size_t steps_to(int version) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            known_, [&](const Migration& step) { return step.version <= version; }));
    }
    /// Returns those of each later version, also if a version after it drops them.
    SchemaObjects objects_made_after(int version) const {
        SchemaObjects all;
        for (auto steps = steps_to(version) + 1; steps <= known_.size(); ++steps)
            for (SchemaObject& made : objects_made_by(known_.first(steps))) {
                std::erase_if(all, [&](const auto& other) { return other.name == made.name; });
                all.push_back(std::move(made));
            }
        return all;
    }
    /// Returns the objects after `version`; with `may_be_begun`, after the step that follows it.
    SchemaObjects objects_begun_after(int version, bool may_be_begun) const {
        const auto done = steps_to(version);
        return objects_made_by(
            known_.first(std::min(done + (may_be_begun ? 1 : 0), known_.size())));
    }
    static bool is_made_like(const SchemaObject& found, const SchemaObject& wanted) {
        return found.kind == wanted.kind && (wanted.kind != "table" || is_like(found, wanted));
    }
    const SchemaObject* find(const SchemaObject& wanted) const {
        return find_object(found_, session_.with_prefix(wanted.name));
    }
    /// As find(); also finds an object that `wanted` would hide from the database's other users.
    const SchemaObject* find_in_the_way(const SchemaObject& wanted) const {
        const std::string name = session_.with_prefix(wanted.name);
        const auto found = std::ranges::find_if(found_, [&](const SchemaObject& object) {
            return object.name == name || object.name.ends_with("." + name);
        });
        return found == found_.end() ? nullptr : &*found;
    }

    const Session& session_;
    const std::span<const Migration> known_;
    const SchemaObjects found_;
};

/// Returns 0 if no step was completed.
int version_of_tables(Session& session) {
    int version = 0;
    session.query(shared::sql.schema_version).for_first([&](Row row) {
        if (!row.next_is_null()) version = row.small_number();
    });
    return version;
}

} // namespace

std::vector<Migration> missing_migrations(const Dialect& dialect, Session& session) {
    const auto known = dialect.migrations();
    const Inventory inventory(dialect, session);
    const bool has_versions = inventory.has_versions();
    const int version = has_versions ? version_of_tables(session) : 0;
    if (version > known.back().version)
        refuse_tables(
            fmt::format("the tables have version {}, but this library supports versions up to "
                        "{}: a newer version made them",
                        version, known.back().version));
    const bool may_be_begun = has_versions && dialect.keeps_half_a_migration();
    inventory.check_made(version, may_be_begun);
    inventory.check_free(version, may_be_begun);
    std::vector<Migration> missing;
    for (const Migration& step : known)
        if (step.version > version) missing.push_back(step);
    return missing;
}

std::vector<Migration> settled_missing_migrations(const Dialect& dialect, Session& session) {
    try {
        return missing_migrations(dialect, session);
    } catch (const Error&) { // another process may be making them
    }
    dialect.begin_write(session);
    dialect.lock_schema(session);
    auto missing = missing_migrations(dialect, session);
    dialect.commit(session);
    dialect.unlock_schema(session);
    return missing;
}

void check_may_migrate(const Dialect& dialect, std::span<const Migration> missing,
                       const StoreOptions& options) {
    if (missing.empty()) return;
    const auto known = dialect.migrations();
    if (missing.size() == known.size()) {
        if (options.create) return;
        refuse_tables("the database has no tables of asyncjobs, and StoreOptions::create is false");
    }
    if (options.migrate) return;
    refuse_tables(fmt::format("the tables have version {}, but this library needs version {}, and "
                              "StoreOptions::migrate is false",
                              missing.front().version - 1, known.back().version));
}

void migrate(const Dialect& dialect, Session& session) {
    dialect.begin_write(session);
    dialect.lock_schema(session);
    // Another process may have migrated meanwhile.
    for (const Migration& step : missing_migrations(dialect, session))
        dialect.migrate(session, step);
    dialect.commit(session);
    dialect.unlock_schema(session);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
