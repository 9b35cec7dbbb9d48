#include "subject.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <stdexcept>

namespace bench {
namespace {

using namespace asyncjobs;

constexpr std::size_t batch_size = 50'000, chain_length = 2'000, fan_out_width = 5'000;

NewJob of_queue(const std::string& queue, Duration delay = {}) {
    NewJob job;
    job.type = "noop";
    job.queue = queue;
    job.input = JsonText::trusted(input());
    job.delay = delay;
    return job;
}

/// Workflows on a store that holds many other jobs.
class Workflow {
public:
    explicit Workflow(const std::string& url) : store_(open_store(url)), client_(*store_) {}

    void fill(std::size_t jobs) {
        for (std::size_t done = 0; done < jobs; done += 1000)
            client_.submit(std::vector<NewJob>(std::min<std::size_t>(jobs - done, 1000),
                                               of_queue("later", std::chrono::hours{24})));
    }

    std::map<std::string, double> times() {
        std::map<std::string, double> times;
        times["workflow_chain_of_10"] = median_of(
            [this] { return time([this] { client_.submit_chain(chain(10, "chain")); }); });
        times["workflow_unblock"] = median_of([this] {
            finish("chain", 1);
            return time([this] { expect(store_->promote(200).size() == 1); });
        });
        times["workflow_batch_of_50000"] = time([this] {
            client_.submit_batch(std::vector<NewJob>(batch_size, of_queue("batch")),
                                 of_queue("after"));
        });
        finish("batch", 1000);
        times["workflow_unblock_1000"] =
            time([this] { expect(store_->promote(1000).size() == 1); });
        const auto chained = client_.submit_chain(chain(chain_length, "cancelled"));
        times["workflow_cascade_of_2000"] = time_to_cancel(chained.front().id, chained.back().id);
        const auto parent = client_.submit(of_queue("cancelled")).id;
        auto child = of_queue("cancelled");
        child.after = {parent};
        const auto children = client_.submit(std::vector<NewJob>(fan_out_width, child));
        times["workflow_fan_out_of_5000"] = time_to_cancel(parent, children.back().id);
        return times;
    }

private:
    static std::vector<NewJob> chain(std::size_t length, const std::string& queue) {
        return std::vector<NewJob>(length, of_queue(queue));
    }

    static void expect(bool holds) {
        if (!holds) throw std::runtime_error("unexpected outcome of a workflow");
    }

    template <typename Call>
    static double time(Call call) {
        const auto start = Clock::now();
        call();
        return microseconds_since(start);
    }

    double time_to_cancel(const JobId& first, const JobId& last) {
        const auto result = time([&] { client_.cancel(first); });
        expect(client_.find(last)->status == JobStatus::cancelled);
        return result;
    }

    void finish(const std::string& queue, std::size_t jobs) {
        const auto claimed =
            store_->claim({.worker = "bench", .queues = std::span(&queue, 1), .limit = jobs})
                .claimed;
        expect(claimed.size() == jobs);
        std::vector<Settlement> settlements;
        for (const auto& job : claimed) settlements.push_back(Settlement::completed(job.lease, {}));
        store_->settle(settlements);
    }

    std::unique_ptr<JobStore> store_;
    Client client_;
};

} // namespace

std::map<std::string, double> workflow_times(const Place& place, const Load& load) {
    Workflow workflow(place.url());
    workflow.fill(load.scheduled);
    place.tidy_up();
    return workflow.times();
}

} // namespace bench
