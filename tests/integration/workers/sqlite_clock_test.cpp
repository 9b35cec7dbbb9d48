#include "database.hpp"
#include "fleet.hpp"
#include "step.hpp"

#include "needs.hpp"
#include "scratch_directory.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <optional>

namespace {

using namespace std::chrono_literals;
using asyncjobs::Duration, asyncjobs::JobStore, asyncjobs::NewJob;
using workers_test::Fleet;

/// A SQLite file, and workers whose clocks are libfaketime's.
struct FakedClocks {
    const ScratchDirectory folder;
    const workers_test::Database database = workers_test::Database::sqlite(folder / "jobs.db");
    std::unique_ptr<JobStore> store = asyncjobs::open_store(database.url());
    std::optional<Fleet> fleet;

    /// The monotonic clock is not faked, as setting a clock does not change it.
    static Fleet::Environment faked(const std::string& setting) {
        return {"LD_PRELOAD=" + needs_faketime.value(), "FAKETIME_DONT_FAKE_MONOTONIC=1",
                "DONT_FAKE_MONOTONIC=1", setting};
    }

    void start(std::vector<Fleet::Environment> environments) {
        fleet.emplace(std::vector{database.url()}, std::move(environments));
    }

    void submit(int count, const Step& step, NewJob job = {}) {
        asyncjobs::Client client(*store);
        std::vector<NewJob> jobs;
        job.type = Step::type;
        job.input = asyncjobs::json::serialize(step);
        for (int i = 0; i < count; ++i) jobs.push_back(job);
        client.submit(std::move(jobs));
    }

    /// Claims jobs for a worker that never settles them.
    void claim_and_lose(std::size_t count) {
        const std::vector<std::string> queues = {"default"};
        const auto claimed = store->claim(
            {.worker = "lost", .queues = queues, .limit = count, .lease_for = Duration{2s}});
        CHECK(claimed.claimed.size() == count);
    }

    bool completes(long count) {
        return fleet->wait_until([&] { return fleet->ended() >= count; }, 30s) &&
               fleet->wait_until(
                   [&] {
                       return database.count("SELECT count(*) FROM jobs"
                                             " WHERE status <> 'completed'") == 0;
                   },
                   30s);
    }
};

TEST_CASE(
    "processes whose clock was set back before they start run the waiting jobs of a SQLite file" *
    needs_faketime) {
    for (const std::string offset : {"-2h", "-30d"}) {
        CAPTURE(offset);
        FakedClocks test;
        test.submit(2, {});
        test.claim_and_lose(2);
        test.submit(20, {.fails_first = true});
        test.submit(5, {}, {.delay = 2s});
        test.store.reset();
        test.start({FakedClocks::faked("FAKETIME=" + offset)});
        CHECK(test.completes(47));
        CHECK(test.fleet->logged("the job store's clock was set back by") >= 1);
        CHECK(test.fleet->stop() == std::vector<int>(Fleet::size, 0));
    }
}

TEST_CASE("processes continue on a SQLite file while their clock is set back" * needs_faketime) {
    FakedClocks test;
    const auto setting = test.folder / "clock";
    const auto set = [&](const char* offset) {
        std::ofstream(setting.string() + ".new") << offset << '\n';
        std::filesystem::rename(setting.string() + ".new", setting);
    };
    set("+0");
    auto environment = FakedClocks::faked("FAKETIME_TIMESTAMP_FILE=" + setting.string());
    environment.push_back("FAKETIME_NO_CACHE=1");
    test.start({environment});
    test.submit(8, {.wait_ms = 2500});
    test.submit(5, {.fails_first = true}, {.delay = 3s});
    CHECK(test.fleet->wait_until([&] { return test.fleet->runs().size() >= 8; }));
    set("-2h");
    CHECK(test.completes(18));
    CHECK(test.fleet->logged("the job store's clock was set back by 7") >= 1);
    CHECK(test.fleet->stop() == std::vector<int>(Fleet::size, 0));
}

TEST_CASE("processes whose clocks are an hour apart complete all jobs of a SQLite file" *
          needs_faketime) {
    FakedClocks test;
    test.submit(30, {.wait_ms = 2500});
    test.start({FakedClocks::faked("FAKETIME=-1h"), Fleet::Environment()});
    CHECK(test.completes(30));
    test.submit(30, {.fails_first = true});
    CHECK(test.completes(90));
    // The faster ones may sweep before they have seen the slower ones' time, and on a busy machine
    // a lease may run out; but they sweep a hundred times.
    CHECK(test.database.count("SELECT count(*) FROM jobs WHERE crashes > 10") == 0);
    CHECK(test.fleet->logged("s ahead") >= 1);
    CHECK(test.fleet->logged("s behind") >= 1);
    CHECK(test.fleet->stop() == std::vector<int>(Fleet::size, 0));
}

} // namespace
