#include "tally_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace simulation {

using namespace asyncjobs;

void TallyWatch::claimed(const JobId& id, std::string_view worker) { workers_[id] = worker; }

void TallyWatch::settled(const JobId& id, TallyOutcome outcome, Timestamp now) {
    ended_.push_back({outcome, now, workers_[id], !is_lost_});
}

void TallyWatch::rescued(TallyOutcome outcome, Timestamp now) {
    ended_.push_back({outcome, now, {}, !is_lost_});
}

void TallyWatch::gone(std::string_view worker, Timestamp now) {
    gone_.push_back({std::string(worker), now});
}

std::vector<std::string> TallyWatch::compare(OperatorStore& operators, Duration may_lose) const {
    std::vector<Gone> lost = gone_;
    for (const auto& worker : operators.workers("", OperatorStore::max_workers).workers)
        if (worker.report.state == WorkerState::stopped)
            std::erase_if(lost,
                          [&](const Gone& gone) { return gone.worker == worker.report.worker; });
    const auto may_lack = [&](const Ended& ended) {
        return !ended.is_known || std::ranges::any_of(lost, [&](const Gone& gone) {
            return (ended.worker.empty() || ended.worker == gone.worker) &&
                   ended.at >= gone.at - may_lose;
        });
    };
    struct Range {
        std::uint64_t least = 0, most = 0, counted = 0;
    };
    std::map<TallyOutcome, Range> ranges;
    for (const Ended& ended : ended_) {
        ++ranges[ended.outcome].most;
        ranges[ended.outcome].least += may_lack(ended) ? 0 : 1;
    }
    const HistoryQuery all{.until =
                               Timestamp{std::chrono::sys_days{std::chrono::year{2100} / 1 / 1}},
                           .limit = HistoryQuery::max_limit};
    for (const Tally& tally : operators.history(all).tallies)
        ranges[tally.key.outcome].counted += tally.count;

    std::vector<std::string> violations;
    for (const auto& [outcome, range] : ranges)
        if (range.counted < range.least || range.counted > range.most)
            violations.push_back(fmt::format("{} attempts {}, but {} to {} were", range.counted,
                                             to_string(outcome), range.least, range.most));
    return violations;
}

} // namespace simulation
