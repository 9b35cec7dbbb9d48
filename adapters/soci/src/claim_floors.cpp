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
/// A look at all that is below. If two in a row took longer, the next ones are at pieces.
constexpr Duration quick = std::chrono::milliseconds{10};
/// A look at a piece; the next one is shorter or longer.
constexpr Duration quick_piece = std::chrono::milliseconds{1}, slow_piece = 2 * quick_piece;
constexpr Duration shortest_pause = std::chrono::milliseconds{20};

constexpr Duration first_width = std::chrono::seconds{1};
constexpr Duration least_width = std::chrono::milliseconds{1};
constexpr Duration greatest_width = std::chrono::hours{24 * 365 * 100};

/// Jobs that are expected this close to each other are looked for together.
constexpr Duration close = std::chrono::milliseconds{200};
constexpr std::size_t most_expected = 16;

} // namespace

DueRange ClaimFloors::Queue::next_piece() const noexcept {
    DueRange piece{Timestamp::min(), std::min(next_to, floor)};
    if (next_from)
        piece.from = *next_from;
    else if (width < greatest_width && piece.to - Timestamp{} > width)
        piece.from = piece.to - width;
    return piece;
}

void ClaimFloors::Queue::finish_all(Duration took, SteadyTime now) {
    const bool is_slow = took > quick;
    if (is_slow && was_slow) width = first_width;
    was_slow = is_slow;
    next_to = Timestamp::max();
    const auto pause = is_slow ? look_one_in * took : Duration::zero();
    looks_below_at = now + pause;
    looks_first_at = now + std::max(pause, longest_wait);
}

void ClaimFloors::Queue::finish_piece(const DueRange& piece, Duration took, SteadyTime now) {
    if (took > slow_piece)
        width = std::max(width / 2, least_width);
    else if (took <= quick_piece && width < greatest_width)
        width *= 2;
    const bool is_last = piece.from == Timestamp::min();
    next_to = is_last ? Timestamp::max() : piece.from;
    const auto pause = std::max(look_one_in * took, shortest_pause);
    looks_below_at = now + pause;
    looks_first_at = now + (is_last ? std::max(pause, longest_wait) : pause);
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
    if (found == queues_.end() || found->second.floor == Timestamp::min()) return {};
    Queue& known = found->second;
    Search search{.floor = known.floor};
    if (look_at_expected(known, now, search)) return search;
    search.is_below_first = now >= known.looks_first_at;
    if (search.is_below_first || now >= known.looks_below_at) search.below = known.next_piece();
    return search;
}

void ClaimFloors::end(std::string_view queue, const Search& search, const Findings& found,
                      SteadyTime began, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    auto place = queues_.find(queue);
    if (place == queues_.end()) place = queues_.emplace(std::string(queue), Queue{}).first;
    Queue& known = place->second;
    if (found.oldest)
        known.floor = std::max(search.floor, *found.oldest - submit_lag);
    else if (!found.is_filled && found.now)
        known.floor = std::max(search.floor, *found.now - submit_lag);
    if (search.floor == Timestamp::min()) known.looks_first_at = now + longest_wait;
    if (search.below.is_empty()) return;
    const bool has_found_below = found.oldest && *found.oldest < search.below.to;
    if (!found.is_filled || (search.is_below_first && !has_found_below)) {
        if (search.is_expected)
            finish_expected(known, search.below, began);
        else if (known.width >= greatest_width)
            known.finish_all(found.took, now);
        else
            known.finish_piece(search.below, found.took, now);
        if (!search.is_expected) known.next_from.reset();
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
