#include "check_full_disk.hpp"

#include "integration/private_server.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <latch>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace asyncjobs;
using namespace std::chrono_literals;

/// A JSON string that hardly compresses.
JsonText large_text() {
    std::mt19937 random(1);
    std::string text = "\"";
    while (text.size() < 100'000) text += fmt::format("{:08x}", random());
    return JsonText::parse(text + '"');
}

/// Collects an executor's log; callers can wait for a message.
class Log {
public:
    void add(const LogEntry& entry) {
        const std::lock_guard lock(mutex_);
        messages_.push_back(entry.message);
        added_.notify_all();
    }
    bool wait_for(std::string_view text) {
        std::unique_lock lock(mutex_);
        return added_.wait_for(lock, 60s, [&] { return count_locked(text) > 0; });
    }
    int count(std::string_view text) {
        const std::lock_guard lock(mutex_);
        return count_locked(text);
    }

private:
    int count_locked(std::string_view text) const {
        int count = 0;
        for (const auto& message : messages_) count += message.find(text) != message.npos;
        return count;
    }

    std::mutex mutex_;
    std::condition_variable added_;
    std::vector<std::string> messages_;
};

/// A server whose disk can be filled.
class ServerOnADisk {
public:
    explicit ServerOnADisk(const std::string& script)
        : server_(fmt::format("{}/{}", SERVER_SCRIPTS, script), SERVER_FOLDER,
                  {fmt::format("LD_PRELOAD={}", FULL_DISK_LIBRARY),
                   fmt::format("ASYNCJOBS_DISK_IS_FULL_WHILE={}", marker_.string())}) {}
    ~ServerOnADisk() { make_room(); }

    const std::string& url() const { return server_.url(); }
    void fill() const { std::ofstream{marker_}; }
    void make_room() const { std::filesystem::remove(marker_); }

private:
    const std::filesystem::path marker_ =
        std::filesystem::temp_directory_path() / fmt::format("asyncjobs-full-{}", ::getpid());
    const PrivateServer server_;
};

} // namespace

void check_full_disk(const std::string& script) {
    const ServerOnADisk server(script);
    const auto store = open_store(server.url() + "?table_prefix=full_");
    Client client(*store, {.submit_tries = 1});
    const JsonText large = large_text();

    Log log;
    Executor executor(*store, {.queues = {"results"},
                               .concurrency = 2,
                               .log = [&](const LogEntry& entry) { log.add(entry); }});
    constexpr int runs_expected = 10;
    std::atomic<int> runs = 0;
    std::latch first_run(1), disk_is_full(1);
    executor.handle("large_result", [&](const JsonText&, ProgressReporter&) {
        if (++runs == 1) first_run.count_down();
        disk_is_full.wait();
        return large;
    });
    std::vector<JobId> with_results;
    for (int i = 0; i < runs_expected; ++i)
        with_results.push_back(
            client.submit(NewJob{.type = "large_result", .queue = "results"}).id);
    executor.start();
    first_run.wait();

    server.fill();
    std::vector<JobId> acknowledged;
    std::error_code refusal;
    while (!refusal && acknowledged.size() < 5000) {
        try {
            acknowledged.push_back(client.submit(NewJob{.type = "kept", .input = large}).id);
        } catch (const Error& error) {
            refusal = error.code();
        }
    }
    CHECK(refusal == Errc::store_full);
    for (const auto& id : acknowledged) CHECK(client.find(id).value().input == large);
    disk_is_full.count_down();
    CHECK(log.wait_for("job store unavailable"));

    server.make_room();
    CHECK_NOTHROW(client.submit(NewJob{.type = "kept", .input = large}));
    for (const auto& id : with_results) {
        const auto job = client.wait(id, 60s);
        REQUIRE(job);
        CHECK(job->status == JobStatus::completed);
        CHECK(job->result == large);
    }
    CHECK(runs == runs_expected);
    CHECK(log.count("job store unavailable") == 1);
    CHECK(log.wait_for("job store recovered"));
}
