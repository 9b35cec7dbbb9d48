#pragma once

#include "integration/child_process.hpp"

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace workers_test {

/// A handler's run, as reported by the worker.
struct Run {
    std::string worker;
    std::string id;
    long fence = 0;
    int attempt = 0;
    bool waits = false; ///< the handler waits
    bool ended = false; ///< the handler returned; the job may not be settled yet
};

/// Worker processes on one store, and all lines that they write. They write to one pipe, so waiting
/// for an event is reading.
class Fleet {
public:
    static constexpr std::size_t size = 4;

    /// Variables of a worker's environment, as `NAME=value`.
    using Environment = std::vector<std::string>;

    /// The workers use the `urls` and the `environments` round robin.
    explicit Fleet(std::vector<std::string> urls, std::vector<Environment> environments = {{}});

    const std::vector<Run>& runs() const { return runs_; }
    long ended() const { return ended_; }
    const std::string& name(std::size_t slot) const { return workers_.at(slot).name; }

    /// Returns the runs of a worker that have not ended.
    std::vector<Run> open_runs(const std::string& worker) const;
    bool was_started_again(const Run& run) const;

    /// Returns how often a worker, or all of them, logged a message that contains `text`.
    int logged(const std::string& text, const std::string& worker = {}) const;

    /// Returns a worker's log messages, one a line.
    std::string log_of(const std::string& worker) const;

    /// Reads until `happened()`; returns false if that takes longer than `at_most`.
    bool wait_until(const std::function<bool()>& happened,
                    std::chrono::milliseconds at_most = std::chrono::seconds{60});

    void kill_and_replace(std::size_t slot);

    /// Returns when the process has stopped.
    void pause(std::size_t slot);
    void resume(std::size_t slot);

    /// Ends all workers by SIGTERM; returns their exit statuses.
    std::vector<int> stop();

private:
    struct Worker {
        std::string name;
        std::unique_ptr<ChildProcess> process;
    };
    void start(std::size_t slot);
    void read_lines();
    void take(const std::string& line);

    const std::vector<std::string> urls_;
    const std::vector<Environment> environments_;
    Pipe pipe_;
    std::string unfinished_line_;
    std::array<Worker, size> workers_;
    int started_ = 0;
    std::vector<Run> runs_;
    std::map<std::pair<std::string, long>, std::size_t> run_of_; ///< by id and fence
    std::map<std::string, std::set<std::size_t>> open_;          ///< by worker
    std::map<std::string, long> newest_fence_;                   ///< by id
    std::vector<std::pair<std::string, std::string>> log_;       ///< worker, message
    long ended_ = 0;
};

} // namespace workers_test
