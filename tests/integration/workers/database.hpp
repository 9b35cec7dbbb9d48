#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

class PrivateServer;

namespace workers_test {

/// One change of a job, recorded by the database, in the order of the changes.
struct Change {
    std::string id;
    std::string worker;
    std::string was;
    std::string became;
    long old_fence = 0;
    long fence = 0;
    int old_attempt = 0;
    int attempt = 0;
    int old_crashes = 0;
    int crashes = 0;
    std::string written; ///< by a worker: the message, result and new error
};

/// The test's own empty database, used through its command-line client. A server that belongs to it
/// is stopped with it.
///
/// Errors  std::runtime_error if a program fails.
class Database {
public:
    static Database sqlite(const std::filesystem::path& file);
    static Database postgresql(const std::string& folder = SERVER_FOLDER);
    static Database mysql(const std::string& script); ///< of MariaDB, MySQL or Galera

    Database(Database&&) noexcept;
    ~Database();

    const std::string& url() const { return urls_.front(); }
    /// The URL of each node, if the server is a cluster.
    const std::vector<std::string>& urls() const { return urls_; }

    /// Records each change of a job's status or message from now on. The store must have made its
    /// tables.
    void record_changes() const;
    std::vector<Change> changes() const;

    std::vector<std::vector<std::string>> rows(const std::string& sql) const;
    long count(const std::string& sql) const;

    /// Whether a process locks a SQLite file against writes for a second or longer.
    bool is_locked() const;

    bool has_server() const { return server_ != nullptr; }
    void stop_server() const;
    void kill_server() const; ///< like a crash
    void start_server() const;
    /// Runs an action of the server's script for one node.
    void control_node(const std::string& action, std::size_t node) const;

private:
    Database();
    void start(const std::string& script, const std::string& folder = SERVER_FOLDER);

    std::vector<std::string> urls_;
    std::vector<std::string> client_; ///< the command, to which the SQL is appended
    std::string make_history_;
    std::unique_ptr<PrivateServer> server_; ///< null for SQLite
};

} // namespace workers_test
