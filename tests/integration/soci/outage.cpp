#include "outage.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/testing/simulated_runtime.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace soci_test {

using namespace asyncjobs;
using namespace std::chrono_literals;

void check_results_survive(const std::string& url, const Outage& outage) {
    CAPTURE(outage.what);
    static std::uint64_t seed = 0; // also decides the ids
    testing::Simulation world{++seed};
    const auto store = open_store(url, {.clock = [&] { return world.wall_clock(); }});
    const auto process = std::make_shared<testing::SimulatedRuntime>(world);
    std::vector<std::string> log;
    const auto logged = [&](const char* part) {
        return std::ranges::count_if(
            log, [&](const std::string& line) { return line.find(part) != line.npos; });
    };
    Executor executor(*store, process,
                      {.concurrency = 4, .lease_for = 30s, .log = [&](const LogEntry& entry) {
                           log.push_back(entry.message);
                       }});
    std::map<std::pair<JobId, std::int64_t>, int> runs;
    executor.handle_async("work",
                          [&](const JsonText& input, JobContext& context, const Completion& done) {
                              ++runs[{context.id(), context.job().lease.fence}];
                              process->after(1s, [done, input] { done(nullptr, input); });
                          });
    executor.start();
    Client client(*store, process);
    for (const Duration length : {7s, 100s}) {
        CAPTURE(length);
        log.clear();
        std::vector<JobId> ids;
        for (int i = 0; i < 8; ++i) ids.push_back(client.submit({.type = "work"}).id);
        runs.clear();
        const auto all_run = [&] { return runs.size() == 4; };
        REQUIRE(world.run_until(all_run, world.now() + 1min));
        outage.begin();
        world.run_for(length);
        outage.end();
        const auto all_finished = [&] {
            return std::ranges::all_of(store->find(ids),
                                       [](const auto& job) { return is_finished(job->status); });
        };
        CHECK(world.run_until(all_finished, world.now() + 2min));
        world.run_for(5s);
        for (const auto& job : store->find(ids)) {
            CHECK(job->status == JobStatus::completed);
            CHECK(job->crashes == 0);
            CHECK(job->attempt == 1);
        }
        CHECK(runs.size() == ids.size());
        for (const auto& [lease, times] : runs) CHECK(times == 1);
        CHECK(logged("job store unavailable: ") == 1);
        CHECK(logged("job store recovered") == 1);
        CHECK(logged("after its lease was lost") == 0);
    }
    executor.stop();
}

} // namespace soci_test
