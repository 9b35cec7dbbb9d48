#include "databases/mysql_tables.hpp"
#include "databases/store_calls.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace soci_test;

TEST_CASE("a user of caching_sha2_password signs in to MySQL with TLS, and without" * needs_mysql) {
    const MysqlTables tables(needs_mysql);
    Mysql server = tables.connect();
    const std::string name = tables.prefix() + "u", account = name + "@'127.0.0.1'";
    server.run("CREATE USER " + account + " IDENTIFIED WITH caching_sha2_password BY 'pa55'");
    server.run("GRANT ALL ON *.* TO " + account);
    const std::string url = tables.url();
    const std::string plain = "mysql://" + name + ":pa55" + url.substr(url.find('@'));
    const std::string encrypted = plain + "&ssl_ca=" + server.value("SELECT @@datadir") + "ca.pem";

    // The server clears its cache of checked passwords: the password itself is sent, encrypted.
    for (const std::string& one : {plain, encrypted}) {
        server.run("FLUSH PRIVILEGES");
        CHECK_NOTHROW(open_store(one));
        CHECK_NOTHROW(open_store(one)); // only its hash
    }
    server.run("ALTER USER " + account + " REQUIRE SSL");
    CHECK(code_of([&] { open_store(plain); }) == Errc::store_failure);
    CHECK_NOTHROW(open_store(encrypted));
    server.run("DROP USER " + account);
}

} // namespace
