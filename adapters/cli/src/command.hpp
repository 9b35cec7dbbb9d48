#pragma once

#include "exit_code.hpp"

#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

class Session;

/// An argument of a command: `--queue`, or `id`, which has no name on the command line.
struct Parameter {
    enum class Takes {
        flag,
        value,
        values, ///< one or several
    };

    std::string_view name = {};
    std::string_view help = {};
    Takes takes = Takes::value;
    bool required = false;
    std::vector<std::string_view> choices = {}; ///< empty: any value

    bool is_option() const noexcept { return name.starts_with("--"); }
};

/// A command: `jobs list`. The one place from which parsing, help and completion come.
struct Command {
    std::string_view name = {};
    std::string_view help = {};
    std::vector<Parameter> parameters = {};
    Exit (*run)(Session&) = nullptr;
    bool is_default = false; ///< of its group: `jobs` alone means it
};

/// @{
/// The commands of each room.
std::vector<Command> status_commands();
std::vector<Command> queue_commands();
std::vector<Command> job_commands();
std::vector<Command> wait_commands();
std::vector<Command> bulk_commands();
std::vector<Command> worker_commands();
std::vector<Command> limit_commands();
std::vector<Command> schedule_commands();
std::vector<Command> webhook_commands();
std::vector<Command> history_commands();
std::vector<Command> schema_commands();
std::vector<Command> doctor_commands();
std::vector<Command> serve_commands();
std::vector<Command> top_commands();
std::vector<Command> shell_commands();
/// @}

/// All of them, in the order of the help.
const std::vector<Command>& all_commands();

/// The options of every command.
const std::vector<Parameter>& common_options();

/// The help of a group of commands: `jobs`.
std::string_view help_of_group(std::string_view group) noexcept;

/// The option that commands which change something have in common.
inline Parameter reason_option() { return {.name = "--reason", .help = "Why, for the audit"}; }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
