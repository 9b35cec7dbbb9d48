#include "statements/sql.hpp"

#include "mysql/statements.hpp"
#include "postgresql/statements.hpp"
#include "sqlite/statements.hpp"
#include "statements/columns.hpp"
#include "statements/shared_fragments.hpp"

#include "databases/statement_list.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>

namespace {

using namespace asyncjobs::soci_adapter;

constexpr Fragment some_fragments[] = {{"is_own", "owner = '{1}  x' AND id = {1}"},
                                       {"both", "{is_own :a} OR {is_own {2}} OR {1}"},
                                       {"itself", "{itself}"},
                                       {"open", "id = 'x"}};

std::string composed(std::string_view text, Columns columns = {}) {
    return compose({"test", text, columns}, some_fragments);
}

TEST_CASE("a composed statement has its fragments, arguments and columns on one line") {
    CHECK(composed("\n    SELECT {columns}\n      FROM t\n", columns::id_and_created_at) ==
          "SELECT id, created_at FROM t");
    CHECK(composed("{columns}", columns::summary)
              .ends_with("coalesce(not_before, run_at), started_at,"
                         " expires_at, parents, blocked_by"));
    CHECK(composed("{is_own  :id} ") == "owner = '{1}  x' AND id = :id");
    CHECK(composed("{both c :b}") == "owner = '{1}  x' AND id = :a OR owner = '{1}  x' AND id = :b"
                                     " OR c");
    CHECK(composed("a = '{no}\n  b'") == "a = '{no}\n  b'");
}

TEST_CASE("a statement is not composed of what does not fit") {
    CHECK_THROWS_WITH_AS(composed("{none}"), "statement test: unknown fragment none",
                         std::logic_error);
    CHECK_THROWS_WITH_AS(composed("{is_own}"), "statement test: missing argument of is_own",
                         std::logic_error);
    CHECK_THROWS_WITH_AS(composed("{is_own a b}"), "statement test: unused argument of is_own",
                         std::logic_error);
    CHECK_THROWS_WITH_AS(composed("{1}"), "statement test: missing argument of test",
                         std::logic_error);
    CHECK_THROWS_WITH_AS(composed("{itself}"), "statement test: endless nesting of itself",
                         std::logic_error);
    CHECK_THROWS_AS(composed("{is_own"), std::logic_error);
    CHECK_THROWS_AS(composed("{}"), std::logic_error);
    CHECK_THROWS_AS(composed("{open}"), std::logic_error);
}

/// The fragments that a dialect's statements name, and those that these name.
template <typename Statements>
std::set<std::string_view> fragments_named_by(const Statements& sql, Fragments fragments) {
    std::set<std::string_view> used;
    const auto read = [&](std::string_view text) {
        for (auto at = text.find('{'); at != text.npos; at = text.find('{', at + 1))
            used.insert(text.substr(at + 1, text.find_first_of(" }", at) - at - 1));
    };
    for (const Sql& statement : soci_test::statement_list(sql)) {
        read(statement.text);
        for (const Column& column : statement.columns) read(column.expression);
    }
    for (const Fragments among : {fragments, Fragments(shared::fragments)})
        for (const Fragment& fragment : among) read(fragment.text);
    return used;
}

TEST_CASE("every fragment is part of a statement") {
    std::set<std::string_view> used_by_any;
    const auto check = [&](const auto& sql, Fragments fragments) {
        const auto used = fragments_named_by(sql, fragments);
        for (const Fragment& fragment : fragments) {
            CAPTURE(fragment.name);
            CHECK(used.contains(fragment.name));
        }
        used_by_any.insert(used.begin(), used.end());
    };
    check(sqlite::sql, sqlite::fragments);
    check(postgresql::sql, postgresql::fragments);
    check(mysql::sql, mysql::fragments);
    for (const Fragment& fragment : shared::fragments) {
        CAPTURE(fragment.name);
        CHECK(used_by_any.contains(fragment.name));
    }
}

TEST_CASE("no two statements of a dialect have the same name") {
    const auto check = [](const auto& sql) {
        std::set<std::string_view> names;
        for (const Sql& statement : all_of(sql)) {
            if (statement.text.empty()) continue;
            CAPTURE(statement.name);
            CHECK(names.insert(statement.name).second);
        }
    };
    check(shared::sql);
    check(sqlite::sql);
    check(postgresql::sql);
    check(mysql::sql);
}

} // namespace
