// Exports, mails and reports of three tenants: exports under two limits, mails at a rate, reports
// in round robin. Two executors share exports and mails, as in two processes.

#include <asyncjobs/asyncjobs.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

using namespace std::chrono_literals;
using asyncjobs::Executor;
using asyncjobs::Job;
using asyncjobs::LimitScope;
using Jobs = std::vector<Job>;

/// Computed from the times in the store.
auto most_at_once(const Jobs& jobs) {
    std::ptrdiff_t most = 0;
    for (const Job& job : jobs)
        most = std::max(most, std::ranges::count_if(jobs, [&](const Job& other) {
                            return other.started_at <= job.started_at &&
                                   job.started_at < other.finished_at;
                        }));
    return most;
}

bool keep_rate(Jobs jobs, asyncjobs::Duration interval, std::ptrdiff_t burst) {
    std::ranges::sort(jobs, {}, &Job::started_at);
    for (auto last = jobs.begin(); last != jobs.end(); ++last)
        for (auto first = jobs.begin(); first != last; ++first)
            if (*last->started_at - *first->started_at < (last - first + 1 - burst) * interval)
                return false;
    return true;
}

int main() {
    asyncjobs::MemoryJobStore store;
    asyncjobs::Client client(store);
    client.set_limit({.name = "exports", .queue = "exports", .concurrency = 2});
    client.set_limit({.name = "exports-of-a-tenant",
                      .queue = "exports",
                      .scope = LimitScope::owner,
                      .concurrency = 1});
    client.set_limit({.name = "mails", .queue = "mails", .rate = 200, .burst = 3});
    client.set_limit(
        {.name = "turns", .queue = "reports", .scope = LimitScope::owner, .round_robin = true});

    const auto tenants = {"ann", "bob", "cid"};
    std::vector<asyncjobs::NewJob> jobs;
    for (const char* queue : {"exports", "mails", "reports"})
        for (const char* tenant : tenants)
            for (int i = 0; i < 4; ++i)
                jobs.push_back({.type = "work", .queue = queue, .owner = tenant});
    const auto submitted = client.submit(std::move(jobs));

    std::vector<std::string> turns; // only the thread that makes reports writes it
    Executor one(store, {.queues = {"exports", "mails"}});
    Executor other(store, {.queues = {"exports", "mails"}});
    Executor reports(store, {.queues = {"reports"}, .concurrency = 1});
    for (Executor* executor : {&one, &other, &reports}) {
        executor->handle("work", [&](const asyncjobs::JsonText&, asyncjobs::JobContext& context) {
            if (context.job().queue == "reports") turns.push_back(context.job().owner);
            return asyncjobs::JsonText();
        });
        executor->start();
    }
    const auto completed = std::ranges::count_if(submitted, [&](const auto& job) {
        return client.wait(job.id, 10s)->status == asyncjobs::JobStatus::completed;
    });
    fmt::print("{} of {} completed\n", completed, submitted.size());

    const auto exports_at_once = most_at_once(client.list({.queue = "exports"}).jobs);
    fmt::print("exports: {} at once\n", exports_at_once);
    bool kept = exports_at_once <= 2;
    for (const char* tenant : tenants) {
        const auto exports = client.list({.owner = tenant, .queue = "exports"}).jobs;
        fmt::print("exports of {}: {}, {} at once\n", tenant, exports.size(),
                   most_at_once(exports));
        kept = kept && most_at_once(exports) <= 1;
    }
    const bool rate_kept = keep_rate(client.list({.queue = "mails"}).jobs, 5ms, 3);
    fmt::print("mails: {} their rate\n", rate_kept ? "kept" : "exceeded");
    fmt::print("reports of: {}\n", fmt::join(turns, " "));
    return kept && rate_kept ? 0 : 1;
}
