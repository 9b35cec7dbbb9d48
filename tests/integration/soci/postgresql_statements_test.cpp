#include "postgresql/statements.hpp"

#include "databases/postgresql_server.hpp"
#include "databases/statement_list.hpp"
#include "postgresql/session.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <memory>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using soci_test::PostgresqlSchema;

char type_in_postgresql(Oid type) {
    switch (type) {
    case 20:   // bigint
    case 21:   // smallint
    case 23:   // integer
    case 1700: // numeric
        return 'i';
    case 19:   // name
    case 25:   // text
    case 2278: // void
        return 't';
    default:
        return '?';
    }
}

TEST_CASE("PostgreSQL prepares every statement, and its columns are those that are declared" *
          needs_postgresql) {
    const PostgresqlSchema schema;
    open_store(schema.url());
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
        PQconnectdb(needs_postgresql.value().c_str()), &PQfinish);
    const auto run = [&](PGresult* result) {
        return std::unique_ptr<PGresult, decltype(&PQclear)>(result, &PQclear);
    };
    run(PQexec(connection.get(), ("SET search_path = " + schema.name()).c_str()));
    for (const Sql& sql : soci_test::statement_list(postgresql::sql)) {
        CAPTURE(sql.name);
        const std::string text = postgresql_text(compose(sql, postgresql::fragments));
        CAPTURE(text);
        const auto prepared = run(PQprepare(connection.get(), "", text.c_str(), 0, nullptr));
        CAPTURE(std::string(PQresultErrorMessage(prepared.get())));
        CHECK(PQresultStatus(prepared.get()) == PGRES_COMMAND_OK);
        const auto described = run(PQdescribePrepared(connection.get(), ""));
        std::string types;
        for (int i = 0; i < PQnfields(described.get()); ++i)
            types += type_in_postgresql(PQftype(described.get(), i));
        CHECK(types == soci_test::types_of(sql.columns));
    }
}

} // namespace
