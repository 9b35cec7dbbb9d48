#include "fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include <poll.h>

namespace workers_test {

Fleet::Fleet(std::vector<std::string> urls, std::vector<Environment> environments)
    : urls_(std::move(urls)), environments_(std::move(environments)) {
    ::fcntl(pipe_.read_end(), F_SETFL, O_NONBLOCK);
    for (std::size_t slot = 0; slot < size; ++slot) start(slot);
}

void Fleet::start(std::size_t slot) {
    auto& worker = workers_.at(slot);
    worker.name = fmt::format("worker-{}", ++started_);
    std::vector<std::string> command = environments_.at(slot % environments_.size());
    if (!command.empty()) command.insert(command.begin(), "/usr/bin/env");
    command.insert(command.end(), {WORKER_PROGRAM, urls_.at(slot % urls_.size()), worker.name});
    worker.process = std::make_unique<ChildProcess>(std::move(command), pipe_.write_end());
}

std::vector<Run> Fleet::open_runs(const std::string& worker) const {
    std::vector<Run> runs;
    if (const auto found = open_.find(worker); found != open_.end())
        for (const auto index : found->second) runs.push_back(runs_[index]);
    return runs;
}

bool Fleet::was_started_again(const Run& run) const { return newest_fence_.at(run.id) > run.fence; }

int Fleet::logged(const std::string& text, const std::string& worker) const {
    return static_cast<int>(std::ranges::count_if(log_, [&](const auto& entry) {
        return (worker.empty() || entry.first == worker) && entry.second.find(text) != text.npos;
    }));
}

std::string Fleet::log_of(const std::string& worker) const {
    std::string lines;
    for (const auto& [by, message] : log_)
        if (by == worker) lines += message + '\n';
    return lines;
}

bool Fleet::wait_until(const std::function<bool()>& happened, std::chrono::milliseconds at_most) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    for (;;) {
        read_lines();
        if (happened()) return true;
        if (std::chrono::steady_clock::now() > deadline) return false;
        pollfd readable{.fd = pipe_.read_end(), .events = POLLIN, .revents = 0};
        ::poll(&readable, 1, 50);
    }
}

void Fleet::kill_and_replace(std::size_t slot) {
    workers_.at(slot).process->end(SIGKILL);
    start(slot);
}

void Fleet::pause(std::size_t slot) {
    const auto& process = *workers_.at(slot).process;
    ::kill(process.id(), SIGSTOP);
    ::waitpid(process.id(), nullptr, WUNTRACED);
    read_lines();
}

void Fleet::resume(std::size_t slot) { ::kill(workers_.at(slot).process->id(), SIGCONT); }

std::vector<int> Fleet::stop() {
    std::vector<int> statuses;
    for (const auto& worker : workers_) ::kill(worker.process->id(), SIGTERM);
    for (const auto& worker : workers_) statuses.push_back(worker.process->wait());
    read_lines();
    return statuses;
}

void Fleet::read_lines() {
    std::array<char, 65536> part;
    for (ssize_t n; (n = ::read(pipe_.read_end(), part.data(), part.size())) > 0;)
        unfinished_line_.append(part.data(), static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (std::size_t end; (end = unfinished_line_.find('\n', begin)) != std::string::npos;
         begin = end + 1)
        take(unfinished_line_.substr(begin, end - begin));
    unfinished_line_.erase(0, begin);
}

void Fleet::take(const std::string& line) {
    std::istringstream in(line);
    std::string what;
    Run run;
    in >> what >> run.worker;
    if (what == "log") {
        log_.emplace_back(run.worker, line);
        return;
    }
    in >> run.id >> run.fence;
    const std::pair key(run.id, run.fence);
    if (what == "start") {
        int wait_ms = 0;
        in >> run.attempt >> wait_ms;
        run.waits = wait_ms > 0;
        run_of_[key] = runs_.size();
        open_[run.worker].insert(runs_.size());
        auto& newest = newest_fence_[run.id];
        newest = std::max(newest, run.fence);
        runs_.push_back(std::move(run));
    } else if (const auto found = run_of_.find(key); found != run_of_.end()) {
        runs_[found->second].ended = true;
        open_[run.worker].erase(found->second);
        ++ended_;
    }
}

} // namespace workers_test
