#include "postgresql/array.hpp"
#include "postgresql/session.hpp"
#include "statements/columns.hpp"

#include "needs.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;

PostgresqlSession test_session() {
    return {needs_postgresql.value() + "?application_name=test", ""};
}

TEST_CASE("the texts of an array are returned unchanged" * needs_postgresql) {
    const std::vector<std::string> texts = {"",
                                            "plain",
                                            "NULL",
                                            "null",
                                            "a,b",
                                            "{}",
                                            "\"",
                                            "\\",
                                            "\\\"",
                                            "it's",
                                            "two\nlines\t",
                                            "\x7f",
                                            "\xF0\x9F\x98\x80",
                                            "  spaces  "};
    PostgresqlArray array;
    for (const auto& text : texts) array.add(text);
    PostgresqlSession session = test_session();
    std::vector<std::string> back;
    session.query({"texts", "SELECT unnest(CAST(:texts AS text[]))", columns::one_text})
        .for_each([&](Row row) { back.push_back(row.take_text()); }, array.text());
    CHECK(back == texts);
}

TEST_CASE("the commit of a failed transaction is a fault" * needs_postgresql) {
    PostgresqlSession session = test_session();
    session.begin(PostgresqlSession::Transaction::open);
    const auto fails = [&] {
        session.query({"fails", "SELECT 1 / 0", columns::one_number}).for_each([](Row) {});
    };
    CHECK_THROWS_AS(fails(), const soci::postgresql_soci_error&);
    CHECK_THROWS_AS(session.commit(), const soci::postgresql_soci_error&);
    CHECK_FALSE(session.is_in_transaction());
}

} // namespace
