#include "subject.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace bench {
namespace {

using namespace asyncjobs;

constexpr std::size_t jobs_per_submit = 1000, jobs_per_owner = 100, backlog_queues = 4,
                      processing = 200, blocked = 100, throttled = 100, limit_slots = 5;
constexpr const char* sample_queue = "backlog-1";

void expect(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(fmt::format("unexpected outcome of {}", what));
}

/// Makes the jobs that operators look at: of every 1,000, 600 completed, 50 failed, 10 cancelled,
/// 70 scheduled and 270 due. Then a few that are processing, blocked or throttled.
class Filling {
public:
    Filling(JobStore& store, std::size_t jobs)
        : store_(store), client_(store), owners_(std::max<std::size_t>(jobs / jobs_per_owner, 1)) {}

    void run(std::size_t jobs) {
        const auto others = jobs - std::min(jobs, processing + blocked + throttled);
        for (std::size_t done = 0; done < others; done += jobs_per_submit)
            add_batch(std::min(others - done, jobs_per_submit));
        submit(processing, "running");
        expect(claim("running", processing).size() == processing, "a claim");
        add_blocked();
        add_throttled();
    }

private:
    NewJob next(const std::string& queue, Duration delay = {}) {
        NewJob job;
        job.type = "noop";
        job.queue = queue;
        job.owner = fmt::format("owner-{}", made_ % owners_);
        job.input = JsonText::trusted(input_);
        job.delay = delay;
        if (made_ % 10 == 0) job.idempotency_key = fmt::format("key-{}", made_);
        ++made_;
        return job;
    }

    void submit(std::size_t jobs, const std::string& queue) {
        std::vector<NewJob> some;
        while (some.size() < jobs) some.push_back(next(queue));
        client_.submit(std::move(some));
    }

    void add_batch(std::size_t jobs) {
        std::vector<NewJob> some;
        std::size_t worked = 0;
        for (std::size_t i = 0; i < jobs; ++i) {
            const std::size_t kind = i % 100;
            if (kind < 65) {
                some.push_back(next("work"));
                ++worked;
            } else if (kind == 65) {
                some.push_back(next("unwanted"));
            } else if (kind < 73) {
                some.push_back(next("later", std::chrono::hours{24 * 365}));
            } else {
                some.push_back(next(fmt::format("backlog-{}", i % backlog_queues)));
            }
        }
        const auto submitted = client_.submit(std::move(some));
        std::vector<JobId> unwanted;
        for (std::size_t i = 65; i < submitted.size(); i += 100)
            unwanted.push_back(submitted[i].id);
        store_.operators()->cancel(unwanted, {.reason = "unwanted"});
        work(worked);
    }

    /// Ends the jobs claimed before and claims these.
    void work(std::size_t jobs) {
        auto claimed = claim("work", jobs);
        expect(claimed.size() == jobs, "a claim");
        for (auto& job : claimed) {
            if (settled_++ % 13 != 0)
                settlements_.push_back(Settlement::completed(job.lease, JsonText::trusted(input_)));
            else
                settlements_.push_back(Settlement::failed(
                    job.lease, {.code = fmt::format("E{}", settled_ % 7), .message = "refused"}));
        }
    }

    std::vector<ClaimedJob> claim(const std::string& queue, std::size_t limit) {
        const auto settlements = std::exchange(settlements_, {});
        return store_
            .exchange(settlements, {.worker = "bench",
                                    .queues = std::span(&queue, 1),
                                    .limit = limit,
                                    .lease_for = std::chrono::hours{24 * 30}})
            .claimed;
    }

    void add_blocked() {
        const auto parent = client_.submit(next("later", std::chrono::hours{24 * 365})).id;
        std::vector<NewJob> children;
        while (children.size() < blocked) {
            children.push_back(next("blocked"));
            children.back().after = {parent};
        }
        client_.submit(std::move(children));
    }

    /// The last: a limit slows down the claims of other queues.
    void add_throttled() {
        submit(throttled, "limited");
        client_.set_limit({.name = "slots", .queue = "limited", .concurrency = limit_slots});
        expect(claim("limited", throttled).size() == limit_slots, "a claim under a limit");
    }

    JobStore& store_;
    Client client_;
    const std::string input_ = input();
    const std::size_t owners_;
    std::size_t made_ = 0, settled_ = 0;
    std::vector<Settlement> settlements_;
};

/// The calls of operators, each several times.
class Operations {
public:
    Operations(JobStore& store, int rounds)
        : client_(store), operators_(*store.operators()), rounds_(rounds) {}

    std::vector<OperationTime> run() {
        time_reads();
        time_searches();
        time_searches_of_claims();
        time_why();
        time_changes();
        return std::move(times_);
    }

private:
    static constexpr auto pending = JobStatus::pending;

    template <typename Call>
    static double time(Call call) {
        const auto start = Clock::now();
        call();
        return microseconds_since(start) / 1000;
    }

    void add(std::string name, std::vector<double> values) {
        const double worst = *std::ranges::max_element(values);
        times_.push_back({std::move(name), median(std::move(values)), worst});
    }

    template <typename Call>
    void time_call(std::string name, Call call) {
        std::vector<double> values;
        for (int i = 0; i < 5 * rounds_; ++i) values.push_back(time(call));
        add(std::move(name), std::move(values));
    }

    /// Each call finds jobs, or none.
    void time_search(std::string name, const JobSearch& search, bool finds = true) {
        time_call(name,
                  [&] { expect(operators_.search(search).jobs.empty() != finds, name.c_str()); });
    }

    void time_reads() {
        time_call("counts", [&] { expect(operators_.counts().completed.value > 0, "counts"); });
        time_call("queues", [&] { expect(!operators_.queues("", 100).queues.empty(), "queues"); });
    }

    void time_searches() {
        time_search("search_newest", {});
        time_search("search_failed_near", {.statuses = {JobStatus::failed}, .error_code = "E1"});
        time_search("search_failed_none", {.statuses = {JobStatus::failed}, .error_code = "none"},
                    false);
        time_search("search_processing", {.statuses = {JobStatus::processing}});
        time_search("search_owner", {.owner = "owner-5"});
        time_search("search_key", {.key = "key-500"});
        const auto child = first_of({.statuses = {pending}, .queue = "blocked"}).id;
        time_search("parents_of", {.parents_of = child});
        time_search("children_of", {.children_of = first_of({.parents_of = child}).id});
    }

    void time_searches_of_claims() {
        const JobSearch search{.statuses = {pending}, .queue = sample_queue};
        const JobSearch newest{.statuses = {pending, JobStatus::processing}, .queue = sample_queue};
        const auto begin = first_of(search).run_at;
        const auto middle = begin + (first_of(newest).run_at - begin) / 2;
        time_search("search_pending", search);
        auto continued = search;
        continued.after = SearchPosition{.queue = sample_queue, .at = middle};
        time_search("search_pending_middle", continued);
        due_ = operators_.search(continued).jobs.back().id;
    }

    void time_why() {
        time_call("why_due",
                  [&] { expect(operators_.why(due_)->before.value > 0, "why of a due job"); });
        const auto scheduled = first_of({.statuses = {pending}, .queue = "later"}).id;
        time_call("why_scheduled", [&] {
            expect(operators_.why(scheduled)->not_before.has_value(), "why of a scheduled job");
        });
        const auto limited = operators_.search(
            {.statuses = {pending}, .queue = "limited", .limit = JobSearch::max_limit});
        expect(!limited.jobs.empty(), "the search for a throttled job");
        const auto last = limited.jobs.back().id; // those that may start come first
        time_call("why_throttled", [&] {
            expect(operators_.why(last)->limit.has_value(), "why of a throttled job");
        });
    }

    void time_changes() {
        std::vector<double> cancels, retries, removes;
        for (int i = 0; i < rounds_; ++i) {
            const auto ids = submit_changed();
            const auto cancel = [&] {
                expect(std::ranges::count(operators_.cancel(ids, {}), CancelOutcome::cancelled) ==
                           std::ssize(ids),
                       "cancel");
            };
            cancels.push_back(time(cancel));
            retries.push_back(time([&] {
                expect(std::ranges::count(operators_.retry(ids), RetryOutcome::retried) ==
                           std::ssize(ids),
                       "retry");
            }));
            cancel();
            removes.push_back(time([&] {
                expect(std::ranges::count(operators_.remove(ids), RemoveOutcome::removed) ==
                           std::ssize(ids),
                       "remove");
            }));
        }
        add("cancel_500", std::move(cancels));
        add("retry_500", std::move(retries));
        add("remove_500", std::move(removes));
    }

    std::vector<JobId> submit_changed() {
        NewJob job;
        job.type = "noop";
        job.queue = "changed";
        job.input = JsonText::trusted(input());
        std::vector<JobId> ids;
        for (const auto& submitted :
             client_.submit(std::vector<NewJob>(OperatorStore::max_batch, job)))
            ids.push_back(submitted.id);
        return ids;
    }

    Job first_of(JobSearch search) {
        search.limit = 1;
        const auto page = operators_.search(search);
        expect(!page.jobs.empty(), "the search for a sample");
        return page.jobs.front();
    }

    Client client_;
    OperatorStore& operators_;
    const int rounds_;
    JobId due_;
    std::vector<OperationTime> times_;
};

} // namespace

double fill_for_operations(const std::string& url, std::size_t jobs) {
    const auto store = open_store(url);
    if (!store->operators()) throw std::runtime_error("a store without operators()");
    if (!store->limits().empty()) return 0; // the last step of a fill
    const auto found = store->operators()->counts();
    if (found.pending.value + found.processing.value + found.completed.value > 0)
        throw std::runtime_error("the store holds other jobs, or its fill was interrupted");
    const auto start = Clock::now();
    Filling(*store, jobs).run(jobs);
    return microseconds_since(start) / 1e6;
}

std::vector<OperationTime> operation_times(const std::string& url, int rounds) {
    return Operations(*open_store(url), rounds).run();
}

} // namespace bench
