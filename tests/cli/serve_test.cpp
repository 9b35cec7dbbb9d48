#include "databases/contains.hpp"
#include "operated_store.hpp"
#include "scratch_directory.hpp"
#include "terminal.hpp"

#include <doctest/doctest.h>

using namespace cli_test;
using soci_test::contains;

namespace {

/// `asyncjobs serve`, and its address and token.
struct Served {
    explicit Served(const std::string& store, std::vector<std::string> more = {})
        : terminal({.arguments = arguments(std::move(more)), .store = store}) {
        url = line_after("url    ");
        token = line_after("token  ");
    }

    Ended run(std::vector<std::string> command) const {
        return cli_test::run({.arguments = std::move(command),
                              .store = url,
                              .environment = {"ASYNCJOBS_TOKEN=" + token}});
    }

    Terminal terminal;
    std::string url, token;

private:
    static std::vector<std::string> arguments(std::vector<std::string> more) {
        more.insert(more.begin(), "serve");
        return more;
    }
    std::string line_after(const std::string& name) {
        terminal.wait_for(name);
        const auto line = terminal.wait_for("\r\n");
        return line.substr(0, line.size() - 2);
    }
};

} // namespace

TEST_CASE("serve serves the routes on this machine for its token, until Ctrl-C") {
    const ScratchDirectory scratch;
    OperatedStore jobs("sqlite:" + (scratch / "jobs.db").string());
    Served served(jobs.url);
    CHECK(served.url.starts_with("http://127.0.0.1:"));
    CHECK(served.run({"queues", "pause", "mails"}).status == 0);
    CHECK(served.run({"bulk", "cancel", "--queue", "mails", "--yes", "--expect", "2", "--wait"})
              .status == 0);
    CHECK(run({.arguments = {"queues"}, .store = served.url}).status == 4);
    served.token[0] ^= 1;
    CHECK(served.run({"queues"}).status == 4);
    served.terminal.type("\x03");
    CHECK(served.terminal.end().status == 0);
    CHECK(served.run({"queues"}).status == 5);
}

TEST_CASE("serve --read-only changes nothing") {
    const ScratchDirectory scratch;
    OperatedStore jobs("sqlite:" + (scratch / "jobs.db").string());
    Served served(jobs.url, {"--read-only"});
    CHECK(served.run({"queues"}).status == 0);
    CHECK(served.run({"queues", "pause", "mails"}).status == 4);
}

TEST_CASE("serve listens for other machines only with --allow-http") {
    const auto ended = run("memory:", {"serve", "--address", "0.0.0.0"});
    CHECK(ended.status == 64);
    CHECK(contains(ended.err, "--allow-http"));
}
