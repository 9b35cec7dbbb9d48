#include "databases/statement_list.hpp"
#include "db/query.hpp"
#include "db/table_names.hpp"
#include "mysql/statements.hpp"
#include "mysql_cases.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <memory>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::soci_adapter;
using soci_test::MysqlTables;

/// With a value of the right kind in the place of each parameter, as the store sends them.
std::string with_values(std::string_view sql) {
    const auto names = parameter_names(sql);
    std::string text;
    for (const auto& [piece, parameter] : pieces_of(sql)) {
        text += piece;
        if (!parameter) continue;
        const std::string& name = names[*parameter];
        if (name == "rows" || name == "ids" || name == "keys")
            text += "'[]'";
        else if (name == "these" || name == "becomes")
            text += "'x'";
        else
            text += '1';
    }
    return text;
}

char type_in_mysql(enum_field_types type) {
    switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_NEWDECIMAL:
        return 'i';
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_NULL: // in the place of a text that is not read
        return 't';
    default:
        return '?';
    }
}

MYSQL_CASE("statements",
           "every statement is prepared, and its columns are those that are declared") {
    constexpr unsigned not_in_protocol = 1295; // ROLLBACK, on MySQL
    const MysqlTables tables(needed);
    open_store(tables.url());
    auto server = tables.connect();
    MYSQL* connection =
        static_cast<soci::mysql_session_backend*>(server.connection().get_backend())->conn_;
    for (const Sql& sql : soci_test::statement_list(mysql::sql)) {
        CAPTURE(sql.name);
        const std::string text =
            with_values(with_table_prefix(compose(sql, mysql::fragments), tables.prefix()));
        CAPTURE(text);
        const std::unique_ptr<MYSQL_STMT, decltype(&mysql_stmt_close)> prepared(
            mysql_stmt_init(connection), &mysql_stmt_close);
        const int result = mysql_stmt_prepare(prepared.get(), text.data(), text.size());
        const unsigned error = mysql_stmt_errno(prepared.get());
        CAPTURE(std::string(mysql_stmt_error(prepared.get())));
        if (error == not_in_protocol) {
            CHECK(mysql_real_query(connection, text.data(), text.size()) == 0);
            continue;
        }
        CHECK(result == 0);
        const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> columns(
            mysql_stmt_result_metadata(prepared.get()), &mysql_free_result);
        std::string types;
        if (columns)
            for (unsigned i = 0; i < mysql_num_fields(columns.get()); ++i)
                types += type_in_mysql(mysql_fetch_field_direct(columns.get(), i)->type);
        CHECK(types == soci_test::types_of(sql.columns));
    }
}

} // namespace
