#include "operated_store.hpp"
#include "program.hpp"
#include "scratch_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <regex>
#include <sstream>

using namespace cli_test;

namespace {

/// The shell blocks of a document, in order.
std::vector<std::string> shell_blocks(const std::filesystem::path& document) {
    std::vector<std::string> blocks;
    std::istringstream lines(content_of(document));
    bool is_in = false;
    for (std::string line; std::getline(lines, line);) {
        if (line == "```sh") blocks.emplace_back();
        if (is_in && line != "```") blocks.back() += line + '\n';
        is_in = line == "```sh" || (is_in && line != "```");
    }
    return blocks;
}

/// Runs a block in a folder with `jobs.db`, with the program in the PATH and the id of a job.
Ended run_block(const std::string& block, const ScratchDirectory& folder, const JobId& job) {
    const auto bin = std::filesystem::path(CLI_PROGRAM).parent_path().string();
    const std::string script = "set -e; cd " + folder.path().string() + "; PATH=" + bin +
                               ":$PATH; JOB=" + text(job) + "\n" + block;
    return run_program({"/usr/bin/env", "ASYNCJOBS_STORE=sqlite:jobs.db", "bash", "-c", script});
}

} // namespace

TEST_CASE("the README shows what its lines of shell print") {
    const ScratchDirectory folder;
    const auto block = shell_blocks(PROJECT "/README.md").front();
    REQUIRE(block.find("asyncjobs jobs why") != block.npos);
    const auto ended = run_block(block, folder, {});
    CHECK(ended.status == 0);
    const auto sentence = ended.out.substr(ended.out.find("The job waits"));
    static const std::regex span("for [0-9]+ s,");
    CHECK(content_of(PROJECT "/README.md")
              .find("```text\n" + std::regex_replace(sentence, span, "for 0 s,") + "```") !=
          std::string::npos);
}

TEST_CASE("each shell block of the document runs") {
    const ScratchDirectory folder;
    const OperatedStore jobs("sqlite:" + (folder / "jobs.db").string());
    const auto blocks = shell_blocks(PROJECT "/docs/cli.md");
    REQUIRE(blocks.size() > 2);
    for (const auto& block : blocks) {
        const auto ended = run_block(block, folder, jobs.waiting);
        CAPTURE(block);
        CAPTURE(ended.err);
        CHECK(ended.status == 0);
    }
}
