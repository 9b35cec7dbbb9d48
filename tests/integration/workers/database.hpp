#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

class PrivateServer;

namespace workers_test {

/// One change of a job that the database recorded by itself, in the order in which it happened.
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
    std::string written; ///< the message, result and new error: all that a worker wrote
};

/// An empty database of the test's own, as seen by its command-line client. A server that belongs
/// to it is ended with it.
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
    /// Of each node, where the server is a cluster.
    const std::vector<std::string>& urls() const { return urls_; }

    /// Has each change of a job's status or message recorded from now on. The store must have made
    /// its tables.
    void record_changes() const;
    std::vector<Change> changes() const;

    std::vector<std::vector<std::string>> rows(const std::string& sql) const;
    long count(const std::string& sql) const;

    /// Whether somebody keeps a SQLite file from being written for a second or longer.
    bool is_locked() const;

    bool has_server() const { return server_ != nullptr; }
    void stop_server() const;
    void kill_server() const; ///< as a crash would
    void start_server() const;
    /// An action of the server's script, for one node.
    void control_node(const std::string& action, std::size_t node) const;

private:
    Database();
    void start(const std::string& script, const std::string& folder = SERVER_FOLDER);

    std::vector<std::string> urls_;
    std::vector<std::string> client_; ///< the command to which the SQL is added
    std::string make_history_;
    std::unique_ptr<PrivateServer> server_; ///< null for a file
};

} // namespace workers_test
