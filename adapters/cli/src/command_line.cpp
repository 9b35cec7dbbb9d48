#include "command_line.hpp"

#include <asyncjobs/version.hpp>

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

/// A parameter of a parser, and where its values go.
struct Bound {
    const Parameter* parameter = nullptr;
    CLI::Option* option = nullptr;
    std::unique_ptr<std::vector<std::string>> values = {};
};

/// A parser of CLI11, made from the table of commands.
class Parser {
public:
    Parser() {
        app_.set_help_flag("-h,--help", "Print this help");
        app_.set_version_flag("--version", "asyncjobs " ASYNCJOBS_VERSION);
        for (const Parameter& option : common_options()) bind(app_, option);
        for (const Command& command : all_commands()) add(command);
    }

    CommandLine parse(int argc, const char* const* argv) {
        CommandLine line;
        try {
            app_.parse(argc, argv);
        } catch (const CLI::Success& help) {
            line.text = text_of(help);
            return line;
        } catch (const CLI::ParseError& error) {
            throw Failure(Exit::usage, std::string(error.what()) + "; see --help");
        }
        CLI::App* const parsed = innermost();
        const auto command = commands_.find(parsed);
        if (command == commands_.end())
            throw Failure(Exit::usage, "a command is required; see --help");
        line.command = command->second;
        read(parsed, line.arguments);
        Arguments common;
        read(&app_, common);
        line.format = format_of(common.one("--output").value_or("table"));
        line.connection = connection_of(common);
        return line;
    }

private:
    /// The parser of a command, which is within that of its group.
    void add(const Command& command) {
        const std::string name(command.name);
        const auto blank = name.find(' ');
        if (blank == name.npos) return add(app_, name, command);
        const auto group_name = name.substr(0, blank);
        CLI::App*& group = groups_[group_name];
        if (!group) {
            group = app_.add_subcommand(group_name, std::string(help_of_group(group_name)));
            group->fallthrough();
        }
        add(*group, name.substr(blank + 1), command);
        if (!command.is_default) return;
        commands_[group] = &command;
        for (const Parameter& parameter : command.parameters) bind(*group, parameter);
    }

    void add(CLI::App& parent, const std::string& name, const Command& command) {
        CLI::App* const app = parent.add_subcommand(name, std::string(command.help));
        app->fallthrough();
        commands_[app] = &command;
        for (const Parameter& parameter : command.parameters) bind(*app, parameter);
    }

    void bind(CLI::App& app, const Parameter& parameter) {
        Bound bound{.parameter = &parameter,
                    .values = std::make_unique<std::vector<std::string>>()};
        const std::string help(parameter.help);
        const std::string name =
            parameter.name == "--output" ? "-o,--output" : std::string(parameter.name);
        if (parameter.takes == Parameter::Takes::flag) {
            bound.option = app.add_flag(name, help);
        } else {
            bound.option = app.add_option(name, *bound.values, help);
            bound.option->type_name("VALUE")->allow_extra_args(false);
            if (parameter.takes == Parameter::Takes::value)
                bound.option->expected(1);
            else if (parameter.is_option())
                bound.option->expected(1)->take_all();
            else
                bound.option->allow_extra_args();
        }
        if (!parameter.choices.empty())
            bound.option->check(CLI::IsMember(
                std::vector<std::string>(parameter.choices.begin(), parameter.choices.end())));
        if (parameter.required) bound.option->required();
        bound_[&app].push_back(std::move(bound));
    }

    void read(CLI::App* app, Arguments& arguments) const {
        const auto found = bound_.find(app);
        if (found == bound_.end()) return;
        for (const Bound& bound : found->second)
            if (bound.option->count() > 0) arguments.add(bound.parameter->name, *bound.values);
    }

    CLI::App* innermost() {
        CLI::App* app = &app_;
        while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
        return app;
    }

    std::string text_of(const CLI::Success& what) {
        std::ostringstream text, errors;
        app_.exit(what, text, errors);
        return text.str();
    }

    static Format format_of(std::string_view name) {
        if (name == "json") return Format::json;
        if (name == "jsonl") return Format::jsonl;
        if (name == "csv") return Format::csv;
        return name == "id" ? Format::id : Format::table;
    }

    static ConnectionOptions connection_of(const Arguments& common) {
        const char* store = std::getenv("ASYNCJOBS_STORE");
        return {.store = common.one("--store").value_or(store ? store : ""),
                .token_file = common.one("--token-file").value_or(""),
                .ca_file = common.one("--ca-file").value_or(""),
                .allow_http = common.has("--allow-http")};
    }

    CLI::App app_{"Operates the jobs of a store of asyncjobs", "asyncjobs"};
    std::map<std::string, CLI::App*> groups_;
    std::map<const CLI::App*, const Command*> commands_;
    std::map<const CLI::App*, std::vector<Bound>> bound_;
};

} // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
    return Parser().parse(argc, argv);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
