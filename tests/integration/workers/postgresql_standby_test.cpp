#include "database.hpp"
#include "fleet.hpp"
#include "step.hpp"

#include "integration/private_server.hpp"
#include "needs.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace workers_test {
namespace {

using namespace std::chrono_literals;

/// One URL for two servers: libpq connects to the one that accepts writes.
std::string url_of_both(const std::string& primary, const std::string& standby) {
    const auto host = [](const std::string& url) {
        const auto start = url.find('@') + 1;
        return url.substr(start, url.find('/', start) - start);
    };
    return fmt::format("postgresql://asyncjobs@{},{}/asyncjobs?target_session_attrs=read-write",
                       host(primary), host(standby));
}

} // namespace

TEST_CASE("a promoted standby has every acknowledged job, and the workers continue on it" *
          needs_postgresql) {
    // The other tests' server must neither wait for a standby nor end with this one.
    const std::string folder = SERVER_FOLDER "/with_standby";
    const auto database = Database::postgresql(folder);
    const PrivateServer standby(fmt::format("{}/postgres_standby.sh", SERVER_SCRIPTS), folder);
    const auto url = url_of_both(database.url(), standby.url());
    const auto store = asyncjobs::open_store(url);
    asyncjobs::Client client(*store, {.submit_tries = 100});
    Fleet fleet({url});

    std::set<std::string> acknowledged;
    const auto submit = [&](int count) {
        std::vector<asyncjobs::NewJob> jobs;
        for (int i = 0; i < count; ++i)
            jobs.push_back(
                {.type = Step::type, .input = asyncjobs::json::serialize(Step{.wait_ms = i % 20})});
        for (const auto& submitted : client.submit(std::move(jobs)))
            acknowledged.emplace(submitted.id.text());
    };
    submit(1000);
    REQUIRE(fleet.wait_until([&] { return fleet.ended() > 100; }));
    submit(1000);
    database.kill_server();
    standby.control("promote");
    submit(500);
    for (const auto& id : acknowledged) {
        CAPTURE(id);
        CHECK(client.find(asyncjobs::JobId::parse(id).value()).has_value());
    }
    const auto all_completed = [&] {
        const auto page = client.list({.status = asyncjobs::JobStatus::pending, .limit = 1});
        const auto running = client.list({.status = asyncjobs::JobStatus::processing, .limit = 1});
        return page.jobs.empty() && running.jobs.empty();
    };
    REQUIRE(fleet.wait_until(all_completed, 2min));
    CHECK(fleet.stop() == std::vector<int>(Fleet::size, 0));

    std::set<std::pair<std::string, long>> runs;
    for (const Run& run : fleet.runs()) {
        CAPTURE(run.id);
        CHECK(runs.emplace(run.id, run.fence).second);
    }
    for (std::size_t slot = 0; slot < Fleet::size; ++slot) {
        CAPTURE(fleet.log_of(fleet.name(slot)));
        CHECK(fleet.logged("job store unavailable", fleet.name(slot)) <= 1);
        CHECK(fleet.logged("job store recovered", fleet.name(slot)) <= 1);
    }
}

} // namespace workers_test
