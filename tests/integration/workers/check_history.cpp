#include "check_history.hpp"

#include <fmt/format.h>

#include <map>

namespace workers_test {
namespace {

bool is_terminal(const std::string& status) {
    return status != "pending" && status != "processing";
}

/// The state of a job after the changes so far.
struct Known {
    std::string status = "pending";
    long fence = 0;
    int attempt = 0;
    int crashes = 0;
    int finishes = 0;
};

class Checker {
public:
    void change(const Change& change) {
        auto& known = jobs_[change.id];
        if (change.was != known.status || change.old_fence != known.fence ||
            change.old_attempt != known.attempt || change.old_crashes != known.crashes)
            fault(change.id, "changed without a record");
        if (is_terminal(change.was)) fault(change.id, "changed after it had finished");
        if (change.was == "pending" && change.became == "processing")
            claim(change);
        else
            write_under_lease(change);
        if (change.was != change.became && is_terminal(change.became)) ++known.finishes;
        known.status = change.became;
        known.fence = change.fence;
        known.attempt = change.attempt;
        known.crashes = change.crashes;
    }

    void run(const Run& run) {
        const auto found = claimed_by_.find({run.id, run.fence});
        if (found == claimed_by_.end())
            return fault(run.id,
                         fmt::format("ran under fence {}, which was never given", run.fence));
        // The executor adds a suffix to its name, to distinguish it from others of that name.
        if (!found->second.worker.starts_with(run.worker + '/'))
            fault(run.id, run.worker + " ran it under the fence of " + found->second.worker);
        if (found->second.attempt != run.attempt) fault(run.id, "ran as another attempt");
        if (++found->second.runs > 1)
            fault(run.id, fmt::format("ran twice under fence {}", run.fence));
        if (run.ended) found->second.ended = true;
    }

    void finished(const std::string& id, bool fails_first) {
        const auto& known = jobs_[id];
        if (known.status != "completed" || known.finishes != 1)
            return fault(id,
                         fmt::format("is {}, and finished {} times", known.status, known.finishes));
        if (known.attempt != (fails_first ? 2 : 1))
            fault(id, fmt::format("needed {} attempts", known.attempt));
        if (!claimed_by_[{id, known.fence}].ended)
            fault(id, "completed under a fence under which no handler returned");
    }

    void finished_at_most_once() {
        for (const auto& [id, known] : jobs_)
            if (known.finishes > 1) fault(id, "finished more than once");
    }

    Findings take() { return std::move(findings_); }

private:
    struct Claim {
        std::string worker;
        int attempt = 0;
        int runs = 0;
        bool ended = false;
    };

    void claim(const Change& change) {
        if (change.fence <= change.old_fence) fault(change.id, "claimed without a new fence");
        if (change.attempt != change.old_attempt + 1)
            fault(change.id, "claimed without a new attempt");
        if (change.crashes != change.old_crashes) fault(change.id, "claimed with a new crash");
        claimed_by_[{change.id, change.fence}] = {change.worker, change.attempt};
    }

    void write_under_lease(const Change& change) {
        if (change.was != "processing") fault(change.id, "written to without a lease");
        if (change.fence != change.old_fence) fault(change.id, "got a fence without a claim");
        for (const long fence : fences_in(change.written))
            if (fence != change.fence)
                fault(change.id,
                      fmt::format("took \"{}\" under fence {}", change.written, change.fence));
        const int crashes = change.crashes - change.old_crashes;
        const int charged = change.attempt - change.old_attempt;
        if (change.became == "pending" && crashes == 1 && charged == -1)
            ++findings_.rescues;
        else if (change.became == "pending" && crashes == 0 && charged == -1)
            ++findings_.releases;
        else if (change.became == "pending" && crashes == 0 && charged == 0)
            ++findings_.retries;
        else if (change.became == "pending" || crashes != 0 || charged != 0)
            fault(change.id, fmt::format("attempts {:+} and crashes {:+}, becoming {}", charged,
                                         crashes, change.became));
    }

    static std::vector<long> fences_in(const std::string& text) {
        std::vector<long> fences;
        for (auto at = text.find("fence"); at != text.npos; at = text.find("fence", at + 1))
            if (const auto digit = text.find_first_of("0123456789", at); digit != text.npos)
                fences.push_back(std::stol(text.substr(digit)));
        return fences;
    }

    void fault(const std::string& id, const std::string& what) {
        if (findings_.faults.size() < 10) findings_.faults.push_back(id + " " + what);
    }

    Findings findings_;
    std::map<std::string, Known> jobs_;
    std::map<std::pair<std::string, long>, Claim> claimed_by_; ///< by id and fence
};

} // namespace

Findings check_history(const std::set<std::string>& acknowledged,
                       const std::set<std::string>& fail_first, const std::vector<Change>& changes,
                       const std::vector<Run>& runs) {
    Checker checker;
    for (const auto& change : changes) checker.change(change);
    for (const auto& run : runs) checker.run(run);
    for (const auto& id : acknowledged) checker.finished(id, fail_first.contains(id));
    checker.finished_at_most_once();
    return checker.take();
}

} // namespace workers_test
