#include "session.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

Exit migrate(Session& session) {
    const std::string& url = session.options().store;
    if (url.empty() || is_server(url))
        throw Failure(Exit::usage, "migrate needs a store's URL: --store, or ASYNCJOBS_STORE");
    const bool dry_run = session.arguments.has("--dry-run");
    const bool with_sql = session.arguments.has("--sql");
    const auto pending = pending_migrations(url);
    std::vector<std::string> migrations;
    std::string script;
    for (const Migration& migration : pending) {
        ObjectText object;
        object.raw("version", std::to_string(migration.version));
        if (with_sql) object.text("sql", migration.sql);
        migrations.push_back(object.done());
        script += fmt::format("-- version {}\n{}\n", migration.version, migration.sql);
    }
    if (!dry_run) open_store(url);
    if (with_sql && session.output.format() == Format::table) {
        session.output.raw(script);
    } else {
        Listing listing{
            .array = "migrations", .id = "version", .columns = {{"VERSION", "version"}}};
        if (with_sql) listing.columns.push_back({"SQL", "sql"});
        session.output.list(listing, document_with("migrations", migrations), std::nullopt);
    }
    session.output.note(fmt::format("{} {}", pending.size(), dry_run ? "to apply" : "applied"));
    return dry_run && !pending.empty() ? Exit::negative : Exit::done;
}

} // namespace

std::vector<Command> schema_commands() {
    using Takes = Parameter::Takes;
    return {
        {.name = "migrate",
         .help = "Make the tables, or upgrade them",
         .parameters = {{.name = "--dry-run",
                         .help = "Only list what is to be done; 1 if there is something",
                         .takes = Takes::flag},
                        {.name = "--sql", .help = "Print the SQL, too", .takes = Takes::flag}},
         .run = migrate},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
