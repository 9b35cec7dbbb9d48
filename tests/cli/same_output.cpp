#include "same_output.hpp"

#include "operated_store.hpp"
#include "program.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <regex>

namespace cli_test {
namespace {

/// The text without what depends on the time of the request.
std::string without_now(std::string text) {
    static const std::regex now(R"re((now|oldest_due_age)"+:("+[^"]*"+|[0-9.eE+-]+))re");
    static const std::regex age(R"([0-9]+ (ms|s|min)( ago|\b)|\bnow\b|[0-9.]+E[0-9-]+)");
    static const std::regex blanks(" +");
    text = std::regex_replace(text, now, "$1");
    return std::regex_replace(std::regex_replace(text, age, "#"), blanks, " ");
}

std::vector<std::vector<std::string>> reading_commands(const OperatedStore& jobs) {
    std::vector<std::vector<std::string>> commands = {
        {"status"},
        {"queues"},
        {"workers"},
        {"limits"},
        {"history"},
        {"audit"},
        {"types"},
        {"jobs"},
        {"jobs", "list", "--status", "failed", "--status", "completed"},
        {"jobs", "--owner", "bob", "--since", "1h"},
        {"jobs", "payload", text(jobs.waiting)},
        {"jobs", "payload", text(jobs.completed), "result"}};
    for (const char* what : {"show", "why", "graph"})
        for (const JobId& id : {jobs.failed, jobs.child})
            commands.push_back({"jobs", what, text(id)});
    return commands;
}

} // namespace

void check_same_output(const std::string& url, std::vector<std::string> formats) {
    OperatedStore jobs(url);
    const ServedStore server(jobs);
    for (auto arguments : reading_commands(jobs))
        for (const auto& format : formats) {
            auto command = arguments;
            command.insert(command.end(), {"-o", format});
            const auto direct = run(url, command);
            const auto remote = run({.arguments = command,
                                     .store = server.url(),
                                     .environment = {"ASYNCJOBS_TOKEN=secret"}});
            CAPTURE(fmt::format("{}", fmt::join(command, " ")));
            CAPTURE(direct.err);
            CAPTURE(remote.err);
            CHECK(direct.status <= 2); // of status
            CHECK(direct.status == remote.status);
            CHECK(without_now(direct.out) == without_now(remote.out));
            CHECK(direct.err == remote.err);
        }
}

} // namespace cli_test
