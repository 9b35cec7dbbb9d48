#include "database.hpp"
#include "fleet.hpp"
#include "step.hpp"

#include "needs.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace workers_test {
namespace {

using namespace std::chrono_literals;

/// Workers on three nodes; jobs are submitted through the first, and the second has faults.
class Cluster {
public:
    static constexpr std::size_t faulty = 2;

    Cluster()
        : store_(asyncjobs::open_store(database_.url())), client_(*store_),
          fleet_(database_.urls()) {}

    const Database& database() const { return database_; }

    /// Submits jobs, and waits until the worker at the faulty node is in the middle of one.
    void occupy() {
        const auto is_occupied = [&] {
            const auto runs = fleet_.open_runs(fleet_.name(faulty - 1));
            return std::ranges::any_of(runs, [](const Run& run) { return run.waits; });
        };
        for (int tries = 0; !fleet_.wait_until(is_occupied, 500ms); ++tries) {
            REQUIRE(tries < 60);
            submit(100 << std::min(tries, 4));
        }
    }

    /// The other nodes accept submits and complete the jobs of the lost node's worker.
    void continues_without_node() {
        submit(300);
        REQUIRE(fleet_.wait_until([&] { return left() == 0; }, 2min));
    }

    /// After the lost node's return, its worker completes jobs again.
    void is_whole_again() {
        const auto recoveries = [&] {
            return fleet_.logged("job store recovered", fleet_.name(faulty - 1));
        };
        const int before = recoveries();
        REQUIRE(fleet_.wait_until([&] { return recoveries() > before || has_recovered(); }, 2min));
        occupy();
        REQUIRE(fleet_.wait_until([&] { return left() == 0; }, 2min));
    }

    void check() {
        CHECK(fleet_.stop() == std::vector<int>(Fleet::size, 0));
        CHECK(database_.count("SELECT count(*) FROM jobs WHERE status = 'completed'") ==
              static_cast<long>(acknowledged_.size()));
        std::set<std::pair<std::string, long>> runs;
        for (const Run& run : fleet_.runs()) {
            CAPTURE(run.id);
            CHECK(runs.emplace(run.id, run.fence).second);
        }
        for (const auto& row : database_.rows("SELECT id FROM jobs WHERE status = 'completed'"))
            acknowledged_.erase(row.at(0));
        CHECK(acknowledged_.empty());
    }

private:
    void submit(int count) {
        std::vector<asyncjobs::NewJob> jobs;
        for (int i = 0; i < count; ++i)
            jobs.push_back(
                {.type = Step::type,
                 .input = asyncjobs::json::serialize(Step{.wait_ms = i % 10 == 0 ? 100 : 0})});
        for (const auto& submitted : client_.submit(std::move(jobs)))
            acknowledged_.emplace(submitted.id.text());
    }

    long left() const {
        return database_.count(
            "SELECT count(*) FROM jobs WHERE status IN ('pending', 'processing')");
    }

    /// Whether every logged outage has ended.
    bool has_recovered() const {
        const auto& name = fleet_.name(faulty - 1);
        return fleet_.logged("job store unavailable", name) ==
               fleet_.logged("job store recovered", name);
    }

    const Database database_ = Database::mysql("galera.sh");
    const std::unique_ptr<asyncjobs::JobStore> store_;
    asyncjobs::Client client_;
    Fleet fleet_;
    std::set<std::string> acknowledged_;
};

} // namespace

TEST_CASE("a killed, paused or isolated node loses no job and runs none twice" * needs_galera) {
    Cluster cluster;
    const auto lose_node = [&](const std::function<void()>& lose,
                               const std::function<void()>& back) {
        cluster.occupy();
        lose();
        cluster.continues_without_node();
        back();
        cluster.is_whole_again();
    };
    const auto control = [&](const char* action) {
        return [&cluster, action] { cluster.database().control_node(action, Cluster::faulty); };
    };
    lose_node(control("kill"), control("start"));
    lose_node(control("pause"), control("resume"));
    lose_node(control("isolate"), control("rejoin"));
    cluster.check();
}

} // namespace workers_test
