#include "watermarks/claim_watermarks.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// A submit may commit this much later than one that began after it.
constexpr Duration submit_lag = std::chrono::milliseconds{100};

/// Under a backlog, a job below the mark waits no longer than this, as long as a look at everything
/// below is quick.
constexpr Duration longest_wait_below = std::chrono::seconds{1};

constexpr LooksBelow::Pace claim_pace = {.quick = std::chrono::milliseconds{5},
                                         .quick_piece = std::chrono::milliseconds{1},
                                         .shortest_pause = std::chrono::milliseconds{20},
                                         .longest_pause = std::chrono::seconds{5},
                                         .rest = Duration::zero()};

/// After so many searches with a look comes one without, to measure a search alone.
constexpr int most_in_a_row = 8;

/// Expected jobs this close in time share one range.
constexpr Duration close = std::chrono::milliseconds{200};
constexpr std::size_t most_expected = 16;

/// Sorts ranges and merges those that overlap.
void join(std::vector<DueRange>& ranges) {
    std::ranges::sort(ranges, {}, &DueRange::from);
    std::vector<DueRange> joined;
    for (const DueRange& range : ranges)
        if (joined.empty() || range.from > joined.back().to)
            joined.push_back(range);
        else
            joined.back().to = std::max(joined.back().to, range.to);
    ranges = std::move(joined);
}

} // namespace

/// Counts only the time that the look added: the rest is no reason to look less often.
void ClaimWatermarks::finish_look(Queue& queue, const DueRange& look, const Findings& found,
                                  SteadyTime now) {
    const Duration took =
        found.look_took.value_or(std::max(found.took - queue.usual, Duration::zero()));
    queue.looks.looked(look, took, now);
    queue.unfinished.reset();
    queue.looks_first_at = queue.looks.has_seen_all() ? now + longest_wait_below : now;
}

/// Drops expected jobs whose transactions must have committed before `began`: they were found.
void ClaimWatermarks::finish_expected(Queue& queue, SteadyTime began) {
    std::erase_if(queue.expected,
                  [&](const Expected& one) { return began >= one.since + submit_lag; });
}

DueRange ClaimWatermarks::next_look(const Queue& queue, SteadyTime now) {
    if (queue.unfinished)
        return {queue.unfinished->from, std::min(queue.unfinished->to, queue.watermark)};
    return queue.looks_in_a_row < most_in_a_row ? queue.looks.next(queue.watermark, now)
                                                : DueRange{};
}

ClaimWatermarks::Search ClaimWatermarks::begin(std::string_view queue, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const auto found = queues_.find(queue);
    if (found == queues_.end() || found->second.watermark == Timestamp::min())
        return {.generation = generation_};
    Queue& known = found->second;
    Search search{.ranges = {}, .watermark = known.watermark, .generation = generation_};
    if (known.time) search.now = *known.time + (now - known.time_at);
    std::erase_if(known.expected,
                  [&](const Expected& one) { return one.range.from >= known.watermark; });
    const bool looks_first = now >= known.looks_first_at;
    if (looks_first || known.expected.empty()) search.look = next_look(known, now);
    const auto add = [&search](const DueRange& range) {
        if (!range.is_empty()) search.ranges.push_back(range);
    };
    for (const Expected& one : known.expected)
        add({one.range.from, std::min(one.range.to, known.watermark)});
    if (looks_first) add(search.look);
    join(search.ranges);
    add({known.watermark, Timestamp::max()});
    if (!looks_first) add(search.look);
    return search;
}

void ClaimWatermarks::end(std::string_view queue, const Search& search, const Findings& found,
                          SteadyTime began, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (search.generation != generation_) return;
    auto place = queues_.find(queue);
    if (place == queues_.end()) {
        const auto mark = found.oldest ? found.oldest : found.now;
        if (!mark) return;
        const Queue made{.looks = LooksBelow(claim_pace, widest_, *mark, now),
                         .looks_first_at = now + longest_wait_below};
        place = queues_.emplace(std::string(queue), made).first;
    }
    Queue& known = place->second;
    if (found.oldest)
        known.watermark = std::max(search.watermark, *found.oldest - submit_lag);
    else if (!found.is_filled && found.now)
        known.watermark =
            std::max(search.watermark, std::min(*found.now, found.looked_to) - submit_lag);
    if (found.now) {
        known.time = found.now;
        known.time_at = began; // errs on the late side
    }
    if (search.watermark != Timestamp::min()) note_look(known, search, found, began, now);
}

void ClaimWatermarks::note_look(Queue& queue, const Search& search, const Findings& found,
                                SteadyTime began, SteadyTime now) {
    const bool has_looked = !search.look.is_empty();
    queue.looks_in_a_row = has_looked ? queue.looks_in_a_row + 1 : 0;
    if (search.is_above_only()) {
        queue.usual = std::min(found.took, queue.usual + (found.took - queue.usual) / 8);
        return;
    }
    const bool has_found_below = found.oldest && *found.oldest < search.watermark;
    const bool has_looked_below = search.begins_below() || found.has_looked_below;
    if (!found.is_filled || (has_looked_below && !has_found_below)) {
        finish_expected(queue, began);
        if (has_looked) finish_look(queue, search.look, found, now);
    } else if (has_found_below && has_looked) {
        // The rest of the piece may hold more jobs and comes first; older ones were all found.
        queue.unfinished = {std::max(*found.oldest, search.look.from), search.look.to};
        queue.looks_first_at = now;
    }
}

void ClaimWatermarks::expect(std::span<const NewJob> jobs, std::span<const Submitted> outcomes,
                             SteadyTime now) {
    using Outcome = Submitted::Outcome;
    const std::string* looked_at = nullptr;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const NewJob& job = jobs[i];
        if (job.priority == 0 && !job.run_at) { // late only if the whole call is
            if (looked_at && *looked_at == job.queue) continue;
            looked_at = &job.queue;
        }
        const Timestamp created_at = outcomes[i].created_at;
        const Timestamp run_at = job.run_at.value_or(created_at + job.delay);
        if (outcomes[i].outcome == Outcome::created)
            expect(job.queue, claim_time(run_at, job.priority, created_at), now);
        else if (outcomes[i].outcome == Outcome::replaced && job.run_at)
            expect(job.queue, run_at, now);
    }
}

/// Null if searches cover `run_at` anyway.
ClaimWatermarks::Queue* ClaimWatermarks::queue_above(std::string_view name, Timestamp run_at) {
    const auto known = queues_.find(name);
    return known == queues_.end() || run_at >= known->second.watermark ? nullptr : &known->second;
}

void ClaimWatermarks::extend(Expected& expected, Timestamp run_at, SteadyTime now) {
    expected.range.from = std::min(expected.range.from, run_at);
    expected.range.to = std::max(expected.range.to, run_at + Duration{1});
    expected.since = now;
}

void ClaimWatermarks::expect(std::string_view queue, Timestamp run_at, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    Queue* const known = queue_above(queue, run_at);
    if (!known) return;
    const auto distance = [run_at](const Expected& one) {
        if (one.is_back) return Duration::max();
        return std::max({one.range.from - run_at, run_at - one.range.to, Duration::zero()});
    };
    auto& expected = known->expected;
    const auto nearest = std::ranges::min_element(expected, {}, distance);
    const auto apart = nearest == expected.end() ? Duration::max() : distance(*nearest);
    if (apart == Duration::max() || (apart > close && expected.size() < most_expected))
        expected.push_back({{run_at, run_at + Duration{1}}, now});
    else
        extend(*nearest, run_at, now);
}

void ClaimWatermarks::expect_back(std::string_view queue, Timestamp run_at, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    Queue* const known = queue_above(queue, run_at);
    if (!known) return;
    const auto back = std::ranges::find(known->expected, true, &Expected::is_back);
    if (back == known->expected.end())
        known->expected.push_back({{run_at, run_at + Duration{1}}, now, true});
    else
        extend(*back, run_at, now);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
