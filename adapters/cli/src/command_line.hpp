#pragma once

#include "session.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// What a command line means.
struct CommandLine {
    const Command* command = nullptr; ///< null: only `text` is printed
    Arguments arguments = {};
    ConnectionOptions connection = {};
    Format format = Format::table;
    std::string text = {}; ///< help or version
};

/// Throws Failure (Exit::usage) for a wrong one.
CommandLine parse_command_line(int argc, const char* const* argv);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
