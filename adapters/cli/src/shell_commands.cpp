#include "session.hpp"

#include <fmt/format.h>

#include <set>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

/// What may follow a command line that ends with these words: subcommands and options.
struct Completions {
    std::string after = {}; ///< `jobs`, `jobs list`; empty: the program's name
    std::set<std::string> words = {};
    std::vector<std::pair<std::string, std::string>> helps = {};

    void add(std::string_view word, std::string_view help) {
        if (words.emplace(word).second) helps.emplace_back(word, help);
    }
};

std::vector<Completions> all_completions() {
    std::vector<Completions> all(1);
    const auto at = [&](const std::string& after) -> Completions& {
        for (Completions& one : all)
            if (one.after == after) return one;
        return all.emplace_back(Completions{.after = after});
    };
    for (const Command& command : all_commands()) {
        const std::string name(command.name);
        const auto blank = name.find(' ');
        const auto group = name.substr(0, blank);
        at("").add(group, blank == name.npos ? command.help : help_of_group(group));
        if (blank != name.npos) at(group).add(name.substr(blank + 1), command.help);
        at(name);
        for (const Parameter& parameter : command.parameters) {
            if (!parameter.is_option()) continue;
            at(name).add(parameter.name, parameter.help);
            if (command.is_default) at(group).add(parameter.name, parameter.help);
        }
    }
    for (Completions& one : all)
        for (const Parameter& option : common_options()) one.add(option.name, option.help);
    return all;
}

/// The values of options with choices, by the option.
std::vector<std::pair<std::string, std::string>> all_choices() {
    std::vector<std::pair<std::string, std::string>> choices;
    std::set<std::string_view> seen;
    const auto add = [&](const Parameter& parameter) {
        if (!parameter.is_option() || parameter.choices.empty()) return;
        if (!seen.insert(parameter.name).second) return;
        choices.emplace_back(parameter.name, fmt::format("{}", fmt::join(parameter.choices, " ")));
    };
    for (const Parameter& option : common_options()) add(option);
    for (const Command& command : all_commands())
        for (const Parameter& parameter : command.parameters) add(parameter);
    return choices;
}

std::string bash_completion() {
    std::string script =
        "_asyncjobs() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]}\n"
        "    local at= i words\n"
        "    for ((i = 1; i < COMP_CWORD; ++i)); do\n"
        "        case ${COMP_WORDS[i]} in\n"
        "        -*) ;;\n"
        "        *) case \"$at ${COMP_WORDS[i]}\" in\n";
    for (const auto& one : all_completions())
        if (!one.after.empty())
            script += fmt::format("            ' {0}') at=' {0}' ;;\n", one.after);
    script += "            esac ;;\n        esac\n    done\n    case $last in\n";
    for (const auto& [option, choices] : all_choices())
        script += fmt::format("    {}{}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n",
                              option, option == "--output" ? " | -o" : "", choices);
    script += "    esac\n    case $at in\n";
    for (const auto& one : all_completions())
        script += fmt::format("    '{}') words='{}' ;;\n", one.after.empty() ? "" : ' ' + one.after,
                              fmt::join(one.words, " "));
    return script + "    esac\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
                    "complete -o default -F _asyncjobs asyncjobs\n";
}

/// Zsh takes the functions of bash.
std::string zsh_completion() {
    return "#compdef asyncjobs\nautoload -U +X bashcompinit && bashcompinit\n" + bash_completion();
}

std::string fish_quoted(std::string_view text) {
    std::string quoted;
    for (const char c : text) quoted.append(c == '\'' || c == '\\' ? "\\" : "").append(1, c);
    return '\'' + quoted + '\'';
}

std::string fish_line(const std::string& after, const std::string& word, const std::string& help) {
    const auto condition =
        after.empty() && !word.starts_with("--")
            ? std::string("not __fish_seen_subcommand_from (__asyncjobs_commands)")
            : fmt::format("__asyncjobs_at {}", after);
    const auto what = word.starts_with("--") ? "-l " + word.substr(2) : "-a " + word;
    return fmt::format("complete -c asyncjobs -n {} {} -d {}\n", fish_quoted(condition), what,
                       fish_quoted(help));
}

std::string fish_completion() {
    const auto all = all_completions();
    std::string script =
        fmt::format("function __asyncjobs_commands\n    string split ' ' '{}'\nend\n",
                    fmt::join(all.front().words, " "));
    script += "function __asyncjobs_at\n"
              "    set -l words (string match -v -- '-*' (commandline -opc)[2..])\n"
              "    test \"$words[1..2]\" = \"$argv\"; or test \"$words[1]\" = \"$argv\"\n"
              "end\n"
              "complete -c asyncjobs -f\n";
    for (const auto& one : all)
        for (const auto& [word, help] : one.helps)
            if (one.after.empty() || !word.starts_with("--"))
                script += fish_line(one.after, word, help);
            else if (help.find("default: ASYNCJOBS") == help.npos)
                script += fish_line(one.after, word, help);
    return script;
}

Exit print_completion(Session& session) {
    const auto shell = session.arguments.required("shell");
    session.output.raw(shell == "bash"  ? bash_completion()
                       : shell == "zsh" ? zsh_completion()
                                        : fish_completion());
    return Exit::done;
}

} // namespace

std::vector<Command> shell_commands() {
    return {
        {.name = "completion",
         .help = "Print a shell's script that completes commands and options",
         .parameters = {{.name = "shell",
                         .help = "bash, zsh or fish",
                         .required = true,
                         .choices = {"bash", "zsh", "fish"}}},
         .run = print_completion},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
