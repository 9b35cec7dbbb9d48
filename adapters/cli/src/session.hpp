#pragma once

#include "command.hpp"
#include "connection.hpp"
#include "output.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// The arguments of a command, by the names of its parameters.
class Arguments {
public:
    void add(std::string_view name, std::vector<std::string> values) {
        values_[std::string(name)] = std::move(values);
    }

    bool has(std::string_view name) const { return find(name) != nullptr; }
    /// The values of a parameter; empty if it was not given.
    std::vector<std::string> all(std::string_view name) const {
        const auto* found = find(name);
        return found ? *found : std::vector<std::string>();
    }
    /// The only value of a parameter.
    std::optional<std::string> one(std::string_view name) const {
        const auto* found = find(name);
        return found && !found->empty() ? std::optional(found->front()) : std::nullopt;
    }
    /// The value of one that the command line must have.
    std::string required(std::string_view name) const { return one(name).value_or(""); }
    /// A number from `least` to `most`. Throws Failure (Exit::usage) for another one.
    std::uint64_t number(std::string_view name, std::uint64_t usual, std::uint64_t least,
                         std::uint64_t most) const;
    Duration span(std::string_view name, Duration usual) const;

private:
    const std::vector<std::string>* find(std::string_view name) const {
        const auto found = values_.find(name);
        return found == values_.end() ? nullptr : &found->second;
    }

    std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// What a command works with.
class Session {
public:
    Session(const Command& command, Arguments given, ConnectionOptions options, Format format)
        : arguments(std::move(given)), output(format), command_(command),
          options_(std::move(options)) {}

    const Arguments arguments;
    const Output output;

    const ConnectionOptions& options() const noexcept { return options_; }
    const Command& command() const noexcept { return command_; }

    /// Opened at the first call. Throws Failure, or Error of open_store().
    Connection& connection();
    /// The same, with which jobs of a type can be submitted; call it first.
    Connection& connection_to_submit(std::string type);
    /// The same, with the routes of webhooks; call it first.
    Connection& connection_to_webhooks();
    /// The store that this process opens. Throws Failure (Exit::usage) for a server.
    LocalStore& local();
    /// The store's time.
    Timestamp now();
    /// The same where the output needs it; otherwise empty, without a request.
    std::optional<Timestamp> now_for_table();
    std::optional<std::string> reason() const { return arguments.one("--reason"); }
    /// The time of an option that states one, or how long ago it was, as RFC 3339.
    std::optional<std::string> past(std::string_view option);

private:
    const Command& command_;
    ConnectionOptions options_;
    std::unique_ptr<Connection> connection_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
