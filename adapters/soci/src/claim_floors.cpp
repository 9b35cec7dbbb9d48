#include "claim_floors.hpp"

#include "job_row.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// A submit may be committed this much later than another that was begun after it.
constexpr Duration submit_lag = std::chrono::milliseconds{100};

/// A job from below that comes while there is a backlog waits no longer, as long as a look at all
/// that is below is quick.
constexpr Duration longest_wait = std::chrono::seconds{1};

/// Of the time, at most this part is spent on looks below that are not quick.
constexpr int look_one_in = 20;
/// Not more, as what takes so long has waited for something else.
constexpr Duration longest_pause = std::chrono::seconds{5};
/// A look at all that is below. If two in a row took longer, the next ones are at pieces.
constexpr Duration quick = std::chrono::milliseconds{5};
/// A look at a piece; the next one is shorter or longer.
constexpr Duration quick_piece = std::chrono::milliseconds{1}, slow_piece = 2 * quick_piece;
constexpr Duration shortest_pause = std::chrono::milliseconds{20};

constexpr Duration first_width = std::chrono::seconds{1};
constexpr Duration least_width = std::chrono::milliseconds{1};

/// Of the time, at most this part is spent on looks at all while pieces are looked at: each takes
/// long.
constexpr int look_deep_one_in = 200;
constexpr Duration longest_deep_pause = std::chrono::minutes{5};

/// Jobs that are expected this close to each other are looked for together.
constexpr Duration close = std::chrono::milliseconds{200};
constexpr std::size_t most_expected = 16;

} // namespace

DueRange ClaimFloors::next_piece(const Queue& queue, SteadyTime now) const noexcept {
    const DueRange all{Timestamp::min(), std::min(queue.next_to, queue.floor)};
    if (queue.next_from) return {*queue.next_from, all.to};
    if (queue.width == any_width) return all;
    if (now >= queue.looks_deep_at) return {all.from, queue.floor};
    if (!has_short_pieces() && all.to - Timestamp{} <= queue.width) return all;
    return {all.to - queue.width, all.to};
}

void ClaimFloors::finish_all(Queue& queue, Duration took, SteadyTime now) const {
    const bool is_slow = took > quick;
    queue.width = is_slow && queue.was_slow ? std::min(first_width, widest_) : any_width;
    queue.was_slow = is_slow;
    queue.next_to = Timestamp::max();
    const auto pause = is_slow ? std::min(look_one_in * took, longest_pause) : Duration::zero();
    queue.looks_below_at = now + pause;
    queue.looks_first_at = now + std::max(pause, longest_wait);
    queue.looks_deep_at =
        now + std::clamp(look_deep_one_in * took, longest_wait, longest_deep_pause);
}

void ClaimFloors::finish_piece(Queue& queue, const DueRange& piece, Duration took,
                               SteadyTime now) const {
    if (took > slow_piece)
        queue.width = std::max(queue.width / 2, least_width);
    else if (took <= quick_piece)
        queue.width = std::min(queue.width * 2, widest_);
    const bool is_last =
        piece.from == Timestamp::min() || (has_short_pieces() && piece.from <= queue.first_floor);
    queue.next_to = is_last ? Timestamp::max() : piece.from;
    const auto pause = std::clamp(look_one_in * took, shortest_pause, longest_pause);
    queue.looks_below_at = now + pause;
    queue.looks_first_at = now + (is_last ? std::max(pause, longest_wait) : pause);
}

void ClaimFloors::finish_look(Queue& queue, const Search& search, Duration took,
                              SteadyTime now) const {
    const bool is_of_all = search.below.from == Timestamp::min() && search.below.to >= search.floor;
    if (queue.width == any_width || is_of_all)
        finish_all(queue, took, now);
    else
        finish_piece(queue, search.below, took, now);
    queue.next_from.reset();
}

bool ClaimFloors::look_at_expected(Queue& queue, SteadyTime now, Search& search) {
    std::erase_if(queue.expected,
                  [&](const Expected& one) { return one.range.from >= queue.floor; });
    const auto next = std::ranges::min_element(queue.expected, {}, &Expected::looked_at);
    if (next == queue.expected.end()) return false;
    next->looked_at = now;
    search.below = {next->range.from, std::min(next->range.to, queue.floor)};
    search.is_below_first = search.is_expected = true;
    return true;
}

/// What was to be committed by then has been found.
void ClaimFloors::finish_expected(Queue& queue, const DueRange& range, SteadyTime began) {
    std::erase_if(queue.expected, [&](const Expected& one) {
        return one.range.from == range.from && began >= one.since + submit_lag;
    });
}

ClaimFloors::Search ClaimFloors::begin(std::string_view queue, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const auto found = queues_.find(queue);
    if (found == queues_.end() || found->second.floor == Timestamp::min())
        return {.generation = generation_};
    Queue& known = found->second;
    Search search{.floor = known.floor, .generation = generation_};
    if (known.time) search.now = *known.time + (now - known.time_at);
    if (look_at_expected(known, now, search)) return search;
    search.is_below_first = now >= known.looks_first_at;
    if (search.is_below_first || now >= known.looks_below_at) search.below = next_piece(known, now);
    return search;
}

void ClaimFloors::end(std::string_view queue, const Search& search, const Findings& found,
                      SteadyTime began, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    if (search.generation != generation_) return;
    auto place = queues_.find(queue);
    if (place == queues_.end()) place = queues_.emplace(std::string(queue), Queue{}).first;
    Queue& known = place->second;
    if (found.oldest)
        known.floor = std::max(search.floor, *found.oldest - submit_lag);
    else if (!found.is_filled && found.now)
        known.floor = std::max(search.floor, std::min(*found.now, found.looked_to) - submit_lag);
    if (found.now) {
        known.time = found.now;
        known.time_at = began; // so that it is known as too late rather than as too early
    }
    if (search.floor == Timestamp::min()) {
        known.looks_first_at = now + longest_wait;
        known.first_floor = known.floor;
    }
    if (search.below.is_empty()) return;
    const bool has_found_below = found.oldest && *found.oldest < search.below.to;
    if (!found.is_filled || (search.is_below_first && !has_found_below)) {
        if (search.is_expected)
            finish_expected(known, search.below, began);
        else
            finish_look(known, search, found.took, now);
    } else if (has_found_below && !search.is_expected) {
        // There may be more, which go first; what is older than these is done with.
        known.next_to = search.below.to;
        known.next_from = *found.oldest;
        known.looks_first_at = now;
    }
}

void ClaimFloors::expect(std::span<const NewJob> jobs, std::span<const Submitted> answers,
                         SteadyTime now) {
    using Outcome = Submitted::Outcome;
    const std::string* looked_at = nullptr;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const NewJob& job = jobs[i];
        if (job.priority == 0 && !job.run_at) { // late only if all of the call is
            if (looked_at && *looked_at == job.queue) continue;
            looked_at = &job.queue;
        }
        const Timestamp created_at = answers[i].created_at;
        const Timestamp run_at = job.run_at.value_or(created_at + job.delay);
        if (answers[i].outcome == Outcome::created)
            expect(job.queue, times_of(job, run_at, created_at).run_at, now);
        else if (answers[i].outcome == Outcome::replaced && job.run_at)
            expect(job.queue, run_at, now);
    }
}

void ClaimFloors::expect(std::string_view queue, Timestamp run_at, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const auto known = queues_.find(queue);
    if (known == queues_.end() || run_at >= known->second.floor) return;
    auto& expected = known->second.expected;
    const auto distance = [run_at](const Expected& one) {
        return std::max({one.range.from - run_at, run_at - one.range.to, Duration::zero()});
    };
    const auto nearest = std::ranges::min_element(expected, {}, distance);
    if (nearest == expected.end() ||
        (distance(*nearest) > close && expected.size() < most_expected)) {
        expected.push_back({{run_at, run_at + Duration{1}}, now});
        return;
    }
    nearest->range.from = std::min(nearest->range.from, run_at);
    nearest->range.to = std::max(nearest->range.to, run_at + Duration{1});
    nearest->since = now;
    nearest->looked_at = {};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
