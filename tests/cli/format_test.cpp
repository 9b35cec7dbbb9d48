#include "databases/contains.hpp"
#include "operated_store.hpp"
#include "program.hpp"

#include "integration/private_server.hpp"
#include "scratch_directory.hpp"

#include <doctest/doctest.h>

using namespace cli_test;
using soci_test::contains;

namespace {

struct ShownJobs {
    ScratchDirectory scratch;
    std::unique_ptr<JobStore> store = open_store(url());
    Client client{*store};

    std::string url() const { return "sqlite:" + (scratch / "jobs.db").string(); }
    std::string out_of(std::vector<std::string> arguments) const {
        return run(url(), std::move(arguments)).out;
    }
};

} // namespace

TEST_CASE("a payload is printed to the digit") {
    ShownJobs jobs;
    const std::string input = R"({"big": 12345678901234567890, "exact": 1.50, "name": "é"})";
    const auto id = jobs.client.submit({.type = "report", .input = JsonText::parse(input)}).id;
    CHECK(jobs.out_of({"jobs", "payload", text(id)}) == input + "\n");
}

TEST_CASE("escape sequences and control characters of a job do not reach a table") {
    ShownJobs jobs;
    const auto id = jobs.client.submit({.type = "report"}).id;
    jobs.client.cancel(id, {.reason = "é \x1b[31mred\x1b[0m\nnew \xc2\x9b"
                                      "2J \xe2\x80\xae"});
    const auto table = jobs.out_of({"jobs", "show", text(id)});
    CHECK(contains(table, "é \\u001b[31mred\\u001b[0m\\nnew \\u009b2J \\u202e\n"));
    CHECK_FALSE(contains(table, "\x1b"));
    CHECK_FALSE(contains(table, "attempt_errors")); // empty
}

TEST_CASE("csv quotes cells by RFC 4180 and disarms formulas") {
    ShownJobs jobs;
    const auto id = jobs.client.submit({.type = "report", .owner = "=1+\"a,b\""}).id;
    const auto csv = jobs.out_of({"jobs", "show", text(id), "-o", "csv"});
    CHECK(contains(csv, text(id) + ",report,default,\"'=1+\"\"a,b\"\"\",pending,0,"));
    CHECK(csv.ends_with("\r\n"));
}

TEST_CASE("a list of many jobs is read page by page") {
    ShownJobs jobs;
    jobs.client.submit(std::vector<NewJob>(450, NewJob{.type = "report"}));
    const auto lines = [&](std::vector<std::string> arguments) {
        const auto out = jobs.out_of(std::move(arguments));
        return std::count(out.begin(), out.end(), '\n');
    };
    CHECK(lines({"jobs", "-o", "id"}) == 50);
    CHECK(lines({"jobs", "-o", "id", "--limit", "301"}) == 301);
    CHECK(lines({"jobs", "-o", "id", "--all"}) == 450);
    CHECK(lines({"jobs", "-o", "json", "--all"}) == 1);
    const auto ended = run(jobs.url(), {"jobs", "-o", "id"});
    const auto cursor = ended.err.substr(ended.err.rfind(' ') + 1);
    CHECK(lines({"jobs", "-o", "id", "--all", "--cursor", cursor.substr(0, cursor.size() - 1)}) ==
          400);
}

TEST_CASE("without a terminal there is no colour") {
    ShownJobs jobs;
    jobs.client.submit({.type = "report"});
    CHECK_FALSE(contains(jobs.out_of({"jobs"}), "\x1b"));
}

TEST_CASE("the completion of a shell is one that it accepts") {
    const auto script = run("", {"completion", "bash"});
    CHECK(script.status == 0);
    CHECK(contains(script.out, "' jobs retry'"));
    const auto words = output_of({"bash", "-c",
                                  script.out + "COMP_WORDS=(asyncjobs jobs re)\nCOMP_CWORD=2\n"
                                               "_asyncjobs\necho ${COMPREPLY[@]}\n"});
    CHECK(words == "remove retry\n");
    CHECK(contains(run("", {"completion", "zsh"}).out, "#compdef asyncjobs"));
    CHECK(contains(run("", {"completion", "fish"}).out, "complete -c asyncjobs"));
}
