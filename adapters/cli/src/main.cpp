#include "command_line.hpp"
#include "plain_text.hpp"

#include <asyncjobs/error.hpp>

#include <csignal>
#include <exception>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

Exit exit_for(const Error& error) noexcept {
    if (error.code() == Errc::schema_mismatch) return Exit::schema;
    if (error.code() == Errc::invalid_argument) return Exit::usage;
    if (error.code() == Errc::not_found) return Exit::not_found;
    return error.code() == Errc::conflict ? Exit::refused : Exit::unavailable;
}

int fail(Exit exit, std::string_view message) {
    Output(Format::table).note("asyncjobs: " + std::string(message));
    return static_cast<int>(exit);
}

int run(int argc, const char* const* argv) {
    const CommandLine line = parse_command_line(argc, argv);
    if (!line.command) {
        Output(Format::table).raw(line.text);
        return 0;
    }
    Session session(*line.command, line.arguments, line.connection, line.format);
    return static_cast<int>(line.command->run(session));
}

} // namespace
} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli

int main(int argc, char** argv) {
    using namespace asyncjobs::cli;
    // A reader that ends, as `| head` does, is an error of write(), and ends the program quietly.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return run(argc, argv);
    } catch (const BrokenPipe&) {
        return 0;
    } catch (const Failure& failure) {
        return fail(failure.exit(), failure.what());
    } catch (const asyncjobs::Error& error) {
        return fail(exit_for(error), error.message());
    } catch (const std::exception& error) {
        return fail(Exit::unavailable, error.what());
    }
}
