#include "database.hpp"

#include "integration/private_server.hpp"

#include <fmt/format.h>

#include <sstream>
#include <stdexcept>

namespace workers_test {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
    return parts;
}

constexpr std::string_view table =
    "CREATE TABLE history (seq {}, id {}, worker {}, was {}, became {}, old_fence BIGINT, fence "
    "BIGINT, old_attempt INT, attempt INT, old_crashes INT, crashes INT, written {});";

constexpr std::string_view insert =
    "INSERT INTO history (id, worker, was, became, old_fence, fence, old_attempt, attempt,"
    " old_crashes, crashes, written)"
    " VALUES (new.id, new.worker, old.status, new.status, old.fence, new.fence, old.attempt,"
    " new.attempt, old.crashes, new.crashes, {})";

constexpr std::string_view changed = "old.status <> new.status OR old.message <> new.message";

/// The error of an earlier attempt stays until the job is completed, so only a new one counts.
constexpr std::string_view new_error =
    "CASE WHEN coalesce(new.error, '') <> coalesce(old.error, '') THEN coalesce(new.error, '')"
    " ELSE '' END";

std::string make_table(std::string_view sequence, std::string_view text) {
    return fmt::format(fmt::runtime(table), sequence, text, text, text, text, text);
}

std::string insert_change(std::string_view written) {
    return fmt::format(fmt::runtime(insert), written);
}

std::string concatenated_by_operator() {
    return fmt::format("new.message || ' ' || coalesce(new.result, '') || ' ' || {}", new_error);
}

} // namespace

Database Database::sqlite(const std::filesystem::path& file) {
    Database database;
    database.urls_ = {"sqlite:" + file.string()};
    database.client_ = {"sqlite3", "-batch",         "-separator", "\t",
                        "-cmd",    ".timeout 20000", file.string()};
    database.make_history_ =
        make_table("INTEGER PRIMARY KEY", "TEXT") +
        fmt::format("CREATE TRIGGER record_change AFTER UPDATE ON jobs WHEN {} BEGIN {}; END;",
                    changed, insert_change(concatenated_by_operator()));
    return database;
}

Database Database::postgresql(const std::string& folder) {
    Database database;
    database.start("postgres.sh", folder);
    database.client_ = {"psql", database.url(),    "-X", "-q", "-At", "-F", "\t",
                        "-v",   "ON_ERROR_STOP=1", "-c"};
    database.make_history_ =
        make_table("BIGSERIAL PRIMARY KEY", "TEXT") +
        fmt::format("CREATE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    "{}; RETURN NULL; END $$; "
                    "CREATE TRIGGER record_change AFTER UPDATE ON jobs FOR EACH ROW WHEN ({}) "
                    "EXECUTE FUNCTION record_change();",
                    insert_change(concatenated_by_operator()), changed);
    database.rows("SET client_min_messages = error; DROP SCHEMA public CASCADE; "
                  "CREATE SCHEMA public");
    return database;
}

Database Database::mysql(const std::string& script) {
    Database database;
    database.start(script);
    const auto port = split(split(database.url(), ':').at(2), '/').at(0);
    database.client_ = {"mariadb", "--no-defaults", "--skip-ssl", "-h",  "127.0.0.1", "-P", port,
                        "-u",      "asyncjobs",     "asyncjobs",  "-Bs", "-e"};
    // INSERT ... SELECT would lock the table's counter, and cause deadlocks.
    database.make_history_ =
        make_table("BIGINT AUTO_INCREMENT PRIMARY KEY", "LONGTEXT") +
        fmt::format("\nDELIMITER //\n"
                    "CREATE TRIGGER record_change AFTER UPDATE ON jobs FOR EACH ROW IF {} THEN {}; "
                    "END IF//\n",
                    changed,
                    insert_change(fmt::format("concat(new.message, ' ', coalesce(new.result, ''), "
                                              "' ', {})",
                                              new_error)));
    database.rows("DROP DATABASE asyncjobs; CREATE DATABASE asyncjobs");
    return database;
}

Database::Database() = default;
Database::Database(Database&&) noexcept = default;
Database::~Database() = default;

void Database::start(const std::string& script, const std::string& folder) {
    server_ = std::make_unique<PrivateServer>(fmt::format("{}/{}", SERVER_SCRIPTS, script), folder);
    urls_ = split(server_->url(), ' ');
}

void Database::stop_server() const { server_->stop(); }
void Database::kill_server() const { server_->kill(); }
void Database::start_server() const { server_->start(); }
void Database::control_node(const std::string& action, std::size_t node) const {
    server_->control(action, std::to_string(node));
}

void Database::record_changes() const { rows(make_history_); }

std::vector<std::vector<std::string>> Database::rows(const std::string& sql) const {
    auto command = client_;
    command.push_back(sql);
    std::vector<std::vector<std::string>> rows;
    for (const auto& line : split(output_of(command), '\n')) rows.push_back(split(line, '\t'));
    return rows;
}

bool Database::is_locked() const {
    if (has_server()) return false;
    try {
        output_of({"sqlite3", "-batch", "-cmd", ".timeout 1000", client_.back(),
                   "BEGIN IMMEDIATE; COMMIT"});
        return false;
    } catch (const std::runtime_error&) {
        return true;
    }
}

long Database::count(const std::string& sql) const { return std::stol(rows(sql).at(0).at(0)); }

std::vector<Change> Database::changes() const {
    std::vector<Change> changes;
    for (const auto& row : rows("SELECT id, worker, was, became, old_fence, fence, old_attempt, "
                                "attempt, old_crashes, crashes, written FROM history ORDER BY seq"))
        changes.push_back({row.at(0), row.at(1), row.at(2), row.at(3), std::stol(row.at(4)),
                           std::stol(row.at(5)), std::stoi(row.at(6)), std::stoi(row.at(7)),
                           std::stoi(row.at(8)), std::stoi(row.at(9)), row.at(10)});
    return changes;
}

} // namespace workers_test
