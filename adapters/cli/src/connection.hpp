#pragma once

#include "document.hpp"
#include "exit_code.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// A target below `/operator`, with its parameters percent-encoded.
class Target {
public:
    explicit Target(std::string path) : text_(std::move(path)) {}

    /// Appends `/` and a segment.
    Target& segment(std::string_view name);
    Target& parameter(std::string_view name, std::string_view value);
    /// Adds nothing for an empty optional.
    Target& parameter_if(std::string_view name, const std::optional<std::string>& value);

    const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
    bool has_parameters_ = false;
};

/// The status and the body of a response.
struct Reply {
    unsigned status = 0;
    std::string body = {};
    std::string logged = {}; ///< what the routes logged of it, if they run in this process
};

/// A store that this process has opened itself.
struct LocalStore {
    JobStore& store;
    Client& client;
};

/// The routes of operators: of a store that this process opens, or of a server.
///
/// Errors  Failure, with the exit status that fits the response.
class Connection {
public:
    Connection() = default;
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// A body that is not empty is JSON.
    virtual Reply send(std::string_view method, const Target& target, std::string body) = 0;
    /// The store, if this process has opened it; nullptr for a server.
    virtual LocalStore* local() noexcept { return nullptr; }

    Document get(const Target& target);
    Document post(const Target& target, const ObjectText& body);
    Document put(const Target& target, const ObjectText& body);
    Document remove(const Target& target, const ObjectText& body);
};

/// The failure that a response with an error reports.
Failure failure_of(const Reply& reply);

/// How to reach the routes.
struct ConnectionOptions {
    std::string store = {};       ///< URL of a store, or of the routes of a server
    std::string token_file = {};  ///< has the bearer token; empty: the environment has it, if any
    std::string ca_file = {};     ///< PEM, trusted besides the system's certificates
    bool allow_http = false;      ///< to other machines, too
    std::string submit_type = {}; ///< a type of jobs that a store takes from this program
    bool with_webhooks = false;   ///< a store opens its webhooks, too
};

/// Whether a store's address is that of a server.
bool is_server(std::string_view store) noexcept;

/// Whether a numeric address is of this machine alone.
bool is_loopback(std::string_view address) noexcept;

/// Opens a store, or remembers a server's address. Never creates or migrates tables.
std::unique_ptr<Connection> connect(const ConnectionOptions& options);

/// @{
/// The two kinds.
std::unique_ptr<Connection> connect_to_store(const ConnectionOptions& options);
std::unique_ptr<Connection> connect_to_server(const ConnectionOptions& options);
/// @}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
