#include "claimed_ahead.hpp"

#include "step.hpp"

#include "integration/child_process.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>

#include <poll.h>

namespace workers_test {
namespace {

using namespace std::chrono_literals;
using asyncjobs::JobId;
using asyncjobs::JobStatus;

constexpr int worker_threads = 4;

class OneWorker {
public:
    explicit OneWorker(const Database& database)
        : database_(database), store_(asyncjobs::open_store(database.url())), client_(*store_) {
        ::fcntl(pipe_.read_end(), F_SETFL, O_NONBLOCK);
    }

    asyncjobs::JobStore& store() { return *store_; }

    std::vector<JobId> submit(std::size_t count, const Step& step = {}) {
        const asyncjobs::NewJob job{.type = Step::type, .input = asyncjobs::json::serialize(step)};
        std::vector<JobId> ids;
        for (const auto& submitted : client_.submit(std::vector<asyncjobs::NewJob>(count, job)))
            ids.push_back(submitted.id);
        return ids;
    }

    void start(int crash_limit) {
        worker_ = std::make_unique<ChildProcess>(
            std::vector<std::string>{WORKER_PROGRAM, database_.url(), "worker",
                                     std::to_string(crash_limit)},
            pipe_.write_end());
    }
    void kill() { worker_->end(SIGKILL); }
    int stop() { return worker_->end(SIGTERM); }
    bool has_died() {
        siginfo_t state{};
        const auto id = static_cast<id_t>(worker_->id());
        return ::waitid(P_PID, id, &state, WEXITED | WNOHANG | WNOWAIT) == 0 && state.si_pid != 0;
    }

    /// Checks the condition whenever the worker has written a line, and every few milliseconds.
    bool until(const std::function<bool()>& happened) {
        const auto deadline = std::chrono::steady_clock::now() + 180s;
        std::array<char, 65536> written;
        while (!happened()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            pollfd readable{.fd = pipe_.read_end(), .events = POLLIN, .revents = 0};
            ::poll(&readable, 1, 5);
            while (::read(pipe_.read_end(), written.data(), written.size()) > 0) {
            }
        }
        return true;
    }

    long count(const std::string& condition) const {
        return database_.count("SELECT count(*) FROM jobs WHERE " + condition);
    }

private:
    const Database& database_;
    const std::unique_ptr<asyncjobs::JobStore> store_;
    asyncjobs::Client client_;
    Pipe pipe_;
    std::unique_ptr<ChildProcess> worker_;
};

/// Whether the worker has reported progress, and so the start, of all jobs.
bool all_run(asyncjobs::JobStore& store, const std::vector<JobId>& ids) {
    return std::ranges::all_of(store.find(ids), [](const auto& job) {
        return job->status == JobStatus::processing && job->progress.percent > 0;
    });
}

int crashes_of(asyncjobs::JobStore& store, const std::vector<JobId>& ids) {
    int crashes = 0;
    for (const auto& job : store.find(ids)) crashes += job->crashes;
    return crashes;
}

} // namespace

void check_crashes_of_jobs_claimed_ahead(const Database& database) {
    constexpr int no_limit = 1000;
    OneWorker world(database);
    long ahead = 0;
    // Jobs that wait behind slow ones for half a second are released: then the test tries again.
    for (int tries = 0; ahead == 0; ++tries) {
        REQUIRE(tries < 20);
        database.rows("DELETE FROM jobs");
        world.submit(1500);
        const auto slow = world.submit(worker_threads, {.wait_ms = 600'000});
        const auto never_started = world.submit(1500);
        world.start(no_limit);
        REQUIRE(world.until([&] { return all_run(world.store(), slow); }));
        world.kill();
        ahead = world.count("status = 'processing'") - worker_threads;
        REQUIRE(world.until([&] {
            world.store().rescue(1000, no_limit);
            return world.count("status = 'processing'") == 0;
        }));
        for (const auto& job : world.store().find(slow)) CHECK(job->crashes == 1);
        CHECK(crashes_of(world.store(), never_started) == 0);
    }
    MESSAGE(ahead,
            " jobs were held by the worker in addition to the running ones when it was killed");
}

void check_quarantine_of_a_job_claimed_ahead(const Database& database) {
    constexpr int crash_limit = 2;
    OneWorker world(database);
    database.rows("DELETE FROM jobs");
    world.submit(1500);
    const auto poison = world.submit(1, {.kills = true});
    world.submit(1500);
    int deaths = 0;
    for (bool is_over = false; !is_over;) {
        world.start(crash_limit);
        REQUIRE(world.until([&] {
            is_over = world.count("status IN ('pending', 'processing')") == 0;
            return is_over || world.has_died();
        }));
        if (!is_over) ++deaths;
        REQUIRE(deaths <= crash_limit + 1);
    }
    CHECK(world.stop() == 0);
    CHECK(deaths >= crash_limit);
    const auto job = world.store().find(poison).front().value();
    CHECK(job.status == JobStatus::failed);
    CHECK(job.error->code == asyncjobs::error_code::worker_lost);
    CHECK(world.count("status = 'completed'") == 3000);
}

} // namespace workers_test
