#include "databases/postgresql_server.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace soci_test;

TEST_CASE(
    "a PostgreSQL database that can't store every character is refused, and no object is made" *
    needs_postgresql) {
    const std::string server = needs_postgresql.value();
    Postgresql admin(server);
    for (const std::string encoding : {"LATIN1", "SQL_ASCII"}) {
        const std::string name = "texts_in_" + encoding + "_" + std::to_string(::getpid());
        admin.run("CREATE DATABASE \"" + name + "\" ENCODING '" + encoding +
                  "' LOCALE 'C' TEMPLATE template0");
        const std::string url = server.substr(0, server.rfind('/') + 1) + name;
        const auto open = [&] { open_store(url); };
        CHECK(code_of(open) == Errc::store_failure);
        CHECK(message_of(open).find(encoding) != std::string::npos);
        CHECK(Postgresql(url).value("SELECT count(*) FROM pg_class WHERE relname LIKE '%jobs%'") ==
              "0");
        admin.run("DROP DATABASE \"" + name + "\"");
    }
}

} // namespace
