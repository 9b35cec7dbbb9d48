#include "../child_process.hpp"
#include "scratch_directory.hpp"
#include "unit/adapters/operations/operator_api.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <algorithm>

using namespace operator_test;
using namespace std::chrono_literals;

namespace {

/// Adds up to 1,000 jobs to an empty queue, and lets them fail.
std::vector<JobId> add_failed(OperatorApi& api, std::size_t count, const std::string& queue) {
    api.client.submit(
        std::vector<NewJob>(count, {.type = "report", .queue = queue, .max_attempts = 1}));
    const auto claimed =
        api.jobs().claim({.worker = "worker", .queues = {&queue, 1}, .limit = count}).claimed;
    std::vector<JobId> ids;
    std::vector<Settlement> settlements;
    for (const ClaimedJob& job : claimed) {
        ids.push_back(job.lease.id);
        settlements.push_back(
            Settlement::failed(job.lease, {.code = "E7005", .message = "no", .details = {}}));
    }
    const auto settled = api.jobs().settle(settlements);
    CHECK(std::ranges::all_of(settled, &Settled::accepted));
    return ids;
}

/// Runs the program until the action has made progress, and kills it.
void run_for_a_while(const std::string& url, Client& client, const JobId& action) {
    const auto before = client.find(action)->steps.size();
    const ChildProcess worker({WORKER_PROGRAM, url}, STDERR_FILENO);
    auto job = client.wait(action, 20ms);
    while (!is_finished(job->status) && job->steps.size() <= before)
        job = client.wait(action, 20ms);
}

} // namespace

TEST_CASE("a bulk retry of 100,000 jobs survives kill -9 and leaves what fails later") {
    const ScratchDirectory folder;
    const auto url = "sqlite:" + (folder.path() / "jobs.db").string() + "?synchronous=off";
    OperatorApi api({}, open_store(url));
    for (int i = 0; i < 100; ++i) REQUIRE(add_failed(api, 1'000, "default").size() == 1'000);
    const auto response =
        api.post("/bulk", R"({"action": "retry", "filter": {"error_code": "E7005"}})");
    REQUIRE(response.status == 202);
    const auto action = *JobId::parse(document(response).at("job_id").as_string());
    const auto later = add_failed(api, 10, "later");

    constexpr int kills = 4;
    for (int i = 0; i < kills; ++i) run_for_a_while(url, api.client, action);
    const ChildProcess last({WORKER_PROGRAM, url}, STDERR_FILENO);
    const auto finished = api.client.wait(action, 2min);
    CHECK(finished->status == JobStatus::completed);
    CHECK(finished->crashes == kills);
    const auto counts = api.jobs().operators()->counts();
    CHECK((counts.failed == Count{later.size()})); // so the others are pending
    CHECK((counts.completed == Count{1}));
    for (const JobId& id : later) CHECK(api.client.find(id)->status == JobStatus::failed);
}
