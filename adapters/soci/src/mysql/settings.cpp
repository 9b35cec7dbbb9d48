#include "mysql/settings.hpp"

#include "db/json_rows.hpp"
#include "mysql/statements.hpp"

#include <asyncjobs/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// The server aborts a transaction whose client was idle for so long, which releases its locks.
constexpr int stalled_after_seconds = 60;

/// Set first: without these, queries that read other settings could return too few rows.
constexpr std::string_view settings_that_come_first =
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
    " sql_select_limit = 18446744073709551615, sql_big_selects = 1";
/// A server may ignore the character set that a client connects with.
constexpr std::string_view utf8mb4_session = "SET NAMES utf8mb4 COLLATE utf8mb4_bin";
constexpr std::string_view read_committed =
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE";

/// Returns MariaDB's limit for statements of any kind. MySQL lacks it: its max_execution_time
/// applies only to statements that read.
std::pair<std::string, std::string> time_limit(Duration longest) {
    const auto count = std::chrono::ceil<std::chrono::milliseconds>(longest).count();
    return {"max_statement_time", fmt::format("{}.{:03}", count / 1000, count % 1000)};
}

/// Returns the settings that the session needs; apply_settings() skips those that the server lacks.
std::map<std::string, std::string> settings_of(const MysqlOptions& options) {
    const auto patience = std::to_string(std::max<std::int64_t>(
        1, std::chrono::ceil<std::chrono::seconds>(options.busy_timeout).count()));
    const auto longest =
        std::chrono::ceil<std::chrono::milliseconds>(options.statement_timeout).count();
    return {
        {"autocommit", "1"},
        {"completion_type", "'NO_CHAIN'"}, // a COMMIT only ends the transaction
        {"foreign_key_checks", "1"},
        {"max_sort_length", "1024"},
        {"optimizer_switch", "'default'"},
        {"sql_auto_is_null", "0"},
        {"sql_safe_updates", "0"},
        {"unique_checks", "1"},
        {"innodb_lock_wait_timeout", patience},
        {"lock_wait_timeout", patience},
        {"wait_timeout", std::to_string(stalled_after_seconds)},
        {"max_execution_time", std::to_string(longest)},
        time_limit(options.statement_timeout),
        // MariaDB's: refuses to lock a row that was changed after the statement's snapshot. The
        // store wants to lock the latest version.
        {"innodb_snapshot_isolation", "0"},
        {"old_mode", "''"},
        // For a Galera cluster: each statement sees what other nodes have committed before.
        {"wsrep_sync_wait", "15"},
    };
}

void apply_settings(Session& session, const std::map<std::string, std::string>& wanted) {
    std::string names;
    for (const auto& [name, value] : wanted)
        names += fmt::format("{}'{}'", names.empty() ? "" : ", ", name);
    std::string text;
    const auto variables = fmt::format("SHOW SESSION VARIABLES WHERE variable_name IN ({})", names);
    session.query({"variables", variables, columns::two_texts}).for_each([&](Row row) {
        const std::string name = row.take_text();
        text +=
            fmt::format("{} {} = {}", text.empty() ? "SET SESSION" : ",", name, wanted.at(name));
    });
    if (!text.empty()) session.run(text);
}

/// Latin, Arabic, Chinese, and a character outside the basic plane.
constexpr std::string_view text_sample = "\xC3\xA9 \xD8\xB4 \xE4\xB8\xAD \xF0\x9F\x8E\x89";

std::string hex_of(std::string_view text) {
    std::string out;
    for (const char c : text) out += fmt::format("{:02X}", static_cast<unsigned char>(c));
    return out;
}

} // namespace

void set_up(MysqlSession& session, const MysqlOptions& options) {
    session.run(settings_that_come_first);
    session.run(utf8mb4_session);
    session.run(read_committed);
    apply_settings(session, settings_of(options));
    session.query(mysql::sql.clustering).for_first([&](Row row) {
        row.skip();
        session.is_of_cluster = row.text() == "ON";
    });
    session.query(mysql::sql.max_packet).for_first([&](Row row) {
        session.max_packet = static_cast<std::size_t>(row.number());
    });
}

void limit_time(Session& session, Duration longest) {
    apply_settings(session, {time_limit(longest)});
}

void check_text(Session& session) {
    JsonRows rows;
    rows.add(text_sample);
    std::string arrived, returned;
    session.query(mysql::sql.echo)
        .for_first(
            [&](Row row) {
                arrived = row.take_text();
                returned = row.take_text();
            },
            rows.take());
    if (arrived != hex_of(text_sample) || returned != text_sample)
        throw Error(Errc::store_failure,
                    "the server changes the characters of texts: the session uses utf8mb4, but a "
                    "text was not returned as it was sent");
    session.query(mysql::sql.other_encodings).for_first([](Row row) {
        const std::string table = row.take_text(), column = row.take_text();
        throw Error(Errc::store_failure,
                    fmt::format("the column {} of the table {} has the character set {}, but must "
                                "have utf8mb4: other character sets lose characters",
                                column, table, row.text()));
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
