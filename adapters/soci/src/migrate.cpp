#include "schema_objects.hpp"
#include "sql_job_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

[[noreturn]] void refuse_tables(const std::string& message) {
    throw Error(Errc::store_failure, message);
}

[[noreturn]] void refuse_foreign(const SchemaObject& found) {
    refuse_tables(fmt::format("the database's {} {} was not made by asyncjobs; choose another "
                              "table_prefix in the store's URL",
                              found.kind, found.name));
}

/// What the database has of the objects that migrations make.
class Inventory {
public:
    Inventory(const Dialect& dialect, Session& session)
        : session_(session), known_(dialect.migrations()),
          found_(dialect.find_objects(session, objects_made_by(known_))) {}

    /// Whether there is a table of versions, of which no other is yet known to be missing.
    bool has_versions() const {
        const auto all = objects_made_by(known_);
        const SchemaObject& ours = *find_object(all, "asyncjobs_schema");
        const SchemaObject* found = find(ours);
        if (found && !is_like(*found, ours)) refuse_foreign(*found);
        return found;
    }

    /// Tables of `version` are there, and are what this library made. If `may_be_begun`, those that
    /// the next step makes anew may be gone, or be made.
    void check_made(int version, bool may_be_begun) const {
        const auto begun = objects_begun_after(version, may_be_begun);
        for (const SchemaObject& made : objects_made_by(known_.first(steps_to(version)))) {
            if (made.kind != "table") continue;
            const SchemaObject* found = find(made);
            const SchemaObject* anew = find_object(begun, made.name);
            if (anew && anew->columns != made.columns && (!found || is_like(*found, *anew)))
                continue;
            if (!found)
                refuse_tables(
                    fmt::format("the table {} is missing, although the tables have version {}; "
                                "restore it, or remove asyncjobs' other tables as well",
                                session_.with_prefix(made.name), version));
            if (!is_like(*found, made)) refuse_foreign(*found);
        }
    }

    /// What comes after `version` is not there. If `may_be_begun`, tables may be, as a step that
    /// broke off has left them.
    void check_free(int version, bool may_be_begun) const {
        const auto before = objects_made_by(known_.first(steps_to(version)));
        const auto begun = objects_begun_after(version, may_be_begun);
        for (const SchemaObject& wanted : objects_made_by(known_)) {
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
    /// What there is after the step that follows, if it may have been begun.
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
    /// Likewise, and what `wanted` would hide from the database's other users.
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

/// 0 where no step was applied to the end.
int version_of_tables(Session& session) {
    int version = 0;
    session.query(statements::schema_version).for_first([&](Row row) {
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
            fmt::format("the tables have version {}, but this library knows versions up to "
                        "{}: it is older than the one that made them",
                        version, known.back().version));
    const bool may_be_begun = has_versions && dialect.keeps_half_a_migration();
    inventory.check_made(version, may_be_begun);
    inventory.check_free(version, may_be_begun);
    std::vector<Migration> missing;
    for (const Migration& step : known)
        if (step.version > version) missing.push_back(step);
    return missing;
}

bool tables_are_current(const Dialect& dialect, Session& session) {
    try {
        return missing_migrations(dialect, session).empty();
    } catch (const Error&) { // or another process is making them
    }
    dialect.begin_write(session);
    dialect.lock_schema(session);
    const bool are_current = missing_migrations(dialect, session).empty();
    dialect.commit(session);
    dialect.unlock_schema(session);
    return are_current;
}

void migrate(const Dialect& dialect, Session& session) {
    dialect.begin_write(session);
    dialect.lock_schema(session);
    // Another process may have been faster.
    for (const Migration& step : missing_migrations(dialect, session))
        dialect.migrate(session, step);
    dialect.commit(session);
    dialect.unlock_schema(session);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
