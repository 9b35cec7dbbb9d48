// Workers and submitters in separate processes, on any machines that reach the database. Start any
// number of each:
//   example_06_workers worker --store URL [--concurrency N] [--until-idle]
//   example_06_workers submit --store URL --jobs N

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <CLI/CLI.hpp>

#include <csignal>
#include <ctime>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

struct Greet {
    static constexpr std::string_view type = "greet";
    std::string name;
};
struct Greeting {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Greet, (), (name))
BOOST_DESCRIBE_STRUCT(Greeting, (), (text))

/// Writes log lines for operators: outages and recoveries of the store, lost workers.
void log(const asyncjobs::LogEntry& entry) {
    std::cerr << entry.message + (entry.job == asyncjobs::JobId()
                                      ? "\n"
                                      : " [" + std::string(entry.job.text()) + "]\n");
}

/// Blocks SIGTERM and SIGINT in this thread and the threads that it starts, and returns them for
/// sigwait().
sigset_t block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

bool is_idle(asyncjobs::Client& client) {
    const auto workload = client.workload("default", Greet::type);
    return workload.waiting == 0 && workload.processing == 0;
}

void work(const std::string& url, unsigned concurrency, bool until_idle) {
    const sigset_t signals = block_stop_signals();
    const auto store = asyncjobs::open_store(url);
    asyncjobs::Executor executor{*store, {.concurrency = concurrency, .log = log}};
    executor.handle<Greet>([](const Greet& in) { return Greeting{"Hello, " + in.name + '!'}; });
    executor.start();

    asyncjobs::Client client{*store};
    const timespec a_while{.tv_sec = 0, .tv_nsec = 200'000'000};
    while (sigtimedwait(&signals, nullptr, &a_while) < 0)
        if (until_idle && is_idle(client)) break;
    executor.stop(20s);
}

void submit(const std::string& url, int jobs) {
    const auto store = asyncjobs::open_store(url);
    asyncjobs::Client client{*store};
    std::vector<asyncjobs::NewJob> batch;
    for (int i = 1; i <= jobs; ++i) {
        const Greet greet{"number " + std::to_string(i)};
        batch.push_back({.type = Greet::type, .input = asyncjobs::json::serialize(greet)});
    }
    client.submit(std::move(batch));
    std::cout << "submitted " << jobs << " jobs\n";
}

} // namespace

int main(int argc, char** argv) {
    std::string url;
    unsigned concurrency = 0;
    bool until_idle = false;
    int jobs = 0;
    CLI::App app{"Workers and submitters that share a queue in a database"};
    app.require_subcommand(1);
    auto* worker = app.add_subcommand("worker", "Runs jobs until SIGTERM");
    worker->add_option("--store", url, "URL of the database")->required();
    worker->add_option("--concurrency", concurrency, "Concurrent jobs; 0: one per core");
    worker->add_flag("--until-idle", until_idle, "Ends when no job waits or runs");
    auto* submitter = app.add_subcommand("submit", "Submits jobs");
    submitter->add_option("--store", url, "URL of the database")->required();
    submitter->add_option("--jobs", jobs, "Number of jobs")
        ->required()
        ->check(CLI::Range(1, 10'000));
    CLI11_PARSE(app, argc, argv);
    try {
        if (worker->parsed())
            work(url, concurrency, until_idle);
        else
            submit(url, jobs);
    } catch (const std::exception& error) {
        std::cerr << argv[0] << ": " << error.what() << '\n';
        return 1;
    }
}
