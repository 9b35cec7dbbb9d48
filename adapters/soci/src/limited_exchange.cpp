#include "limited_exchange.hpp"

#include "job_steps.hpp"
#include "limit_table.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Of a row of job_waiting whose job was called to its turn. It keeps what was told.
const std::string in_no_line;

/// Each name in `told` has a `=` behind it, which no name contains.
bool is_told(const std::string& told, const std::string& limit) {
    return ("=" + told).find("=" + limit + "=") != std::string::npos;
}

} // namespace

LimitedExchange::LimitedExchange(Session& session, const Dialect& dialect,
                                 std::span<const Settlement> settlements,
                                 const ClaimRequest& request, CallTime now)
    : session_(session), dialect_(dialect), sql_(dialect.limit_statements()),
      settlements_(settlements), request_(request), time_(now), queues_(rows_of(request.queues)) {}

Exchange LimitedExchange::run() {
    read_limits();
    answer_.settled.reserve(settlements_.size());
    dialect_.settle(session_, settlements_, time_, answer_);
    if (limits_.empty() && request_.limits.empty()) {
        dialect_.exchange(session_, {}, request_, time_, answer_);
        return std::move(answer_);
    }
    read_due_lines();
    read_places();
    claim();
    return std::move(answer_);
}

void LimitedExchange::read_limits() {
    session_.query(sql_.lock).for_each([&](Row row) { limits_.push_back(read_limit(row)); },
                                       queues_);
    session_.query(statements::time).for_first([&](Row row) { now_ = row.time(); }, time_);
    back_ = now_;
}

void LimitedExchange::claim() {
    constexpr int most_rounds = 12;
    constexpr std::size_t most_at_once = 500;
    bool is_more = true;
    std::size_t looked_at = 0, held_back = 0;
    for (int round = 0; is_more && round < most_rounds; ++round) {
        // Those that have to wait are put out of the way, the faster the more there are; but
        // whoever has a job to run should not wait for that.
        const auto wanted = request_.limit - answer_.claimed.size();
        if (wanted == 0 || (held_back >= most_at_once && !answer_.claimed.empty())) break;
        looked_at = std::max(wanted, std::min(2 * held_back, most_at_once));
        turns_ = turns_each();
        find_waiting();
        is_more = claim_some(looked_at, held_back);
    }
    write_lines();
    if (answer_.claimed.size() < request_.limit)
        answer_.next_due_in = is_more ? Duration::zero() : next_due();
}

/// False: there is no more to look at. Counts those it has put out of the way.
bool LimitedExchange::claim_some(std::size_t most_due, std::size_t& held_back) {
    const auto key = [this](const Candidate& one) {
        return std::tuple(place_of(one.job.queue), one.job.queued_at, one.job.id);
    };
    std::vector<Candidate> some;
    for (DueJob& job : dialect_.find_due(session_, request_.queues, most_due, back_))
        some.push_back({.job = std::move(job), .is_due = true});
    const bool is_filled = some.size() == most_due;
    find_waits(some);
    std::ranges::sort(some, {}, key);
    // Of those that wait, who comes after the last of these comes after others yet unseen.
    const auto end = std::partition(waiting_.begin(), waiting_.end(), [&](const Candidate& one) {
        return !is_filled || key(one) < key(some.back());
    });
    const auto middle = static_cast<std::ptrdiff_t>(some.size());
    std::move(waiting_.begin(), end, std::back_inserter(some));
    waiting_.erase(waiting_.begin(), end);
    std::sort(some.begin() + middle, some.end(),
              [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); });
    std::inplace_merge(some.begin(), some.begin() + middle, some.end(),
                       [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); });

    read_lines_of(some);
    std::vector<DueJob> started;
    for (Candidate& one : some) {
        if (answer_.claimed.size() + started.size() == request_.limit) break;
        if (try_to_start(one))
            started.push_back(one.job);
        else if (one.is_due)
            ++held_back;
    }
    take(started);
    write();
    return is_filled || !open_.empty() || !waiting_.empty();
}

std::size_t LimitedExchange::place_of(const std::string& queue) const {
    return static_cast<std::size_t>(std::ranges::find(request_.queues, queue) -
                                    request_.queues.begin());
}

/// How many jobs of an owner may be called: more than one where there is room for all of them.
std::size_t LimitedExchange::turns_each() const {
    const auto lines = std::ranges::count_if(lines_, [](const auto& entry) {
        return entry.second.served_at && !entry.second.called.empty();
    });
    const std::size_t room = request_.limit - answer_.claimed.size();
    return std::max<std::size_t>(1,
                                 room / std::max<std::size_t>(1, static_cast<std::size_t>(lines)));
}

/// Those of the open lines who may come now, in `waiting_`; or to their turn, in their queue.
void LimitedExchange::find_waiting() {
    constexpr std::size_t more_than_wanted = 64; // of lines that come in no order
    if (open_.empty()) return;
    const auto limits = limits_of_claim();
    std::set<std::string> names;
    for (const std::string& name : open_)
        if (limits.limit_of(name)) names.insert(name);
    read_lines(names);
    std::erase_if(waiting_, [&](const Candidate& one) { return names.contains(one.waits_in); });
    std::vector<Candidate> found;
    std::vector<std::string> later;
    for (std::string& name : std::exchange(open_, {})) {
        if (names.erase(name) == 0) continue;
        if (found.size() >= request_.limit + more_than_wanted) {
            later.push_back(std::move(name));
            continue;
        }
        const Limit& limit = *limits.limit_of(name);
        const auto count =
            std::min(jobs_to_call(limit, lines_[name], now_, turns_), request_.limit);
        if (count == 0) continue;
        auto next = next_waiting(name, count);
        if (next.size() < count) still_open_.insert(name);
        if (limit.in_turn)
            call_to_turn(name, std::move(next));
        else
            std::ranges::move(next, std::back_inserter(found));
    }
    open_ = std::move(later);
    look_at_waiting(std::move(found));
}

/// The first of the line, of the queues that are served here. Those that something else has
/// happened to are taken out of it.
std::vector<LimitedExchange::Candidate> LimitedExchange::next_waiting(const std::string& line,
                                                                      std::size_t count) {
    for (;;) {
        std::vector<Candidate> next;
        std::vector<JobId> gone;
        session_.query(sql_.to_call)
            .for_each(
                [&](Row row) {
                    Candidate one;
                    one.waits_in = line;
                    one.has_row = true;
                    one.job.id = read_id(row);
                    one.job.queue = row.take_text();
                    one.job.queued_at = row.time();
                    one.told = row.take_text();
                    one.job.revision = row.number();
                    if (!row.next_is_null() && row.number() == one.job.revision)
                        next.push_back(std::move(one));
                    else
                        gone.push_back(one.job.id);
                },
                queues_, line, count);
        if (next.size() + gone.size() < count) lines_[line].has_waiting = false;
        if (gone.empty()) return next;
        stop_waiting(gone);
    }
}

void LimitedExchange::stop_waiting(const std::vector<JobId>& ids) {
    in_rows(ids, add_id,
            [&](const std::string& rows) { session_.query(sql_.stop_waiting).change(rows); });
}

void LimitedExchange::call_to_turn(const std::string& line, const std::vector<Candidate>& jobs) {
    if (jobs.empty()) return;
    JsonRows queue_at, places, move;
    for (const Candidate& one : jobs) {
        const Timestamp run_at = back_of_queue();
        if (one.has_row) move.add(one.job.id, in_no_line, one.told);
        queue_at.add(one.job.id, run_at, std::to_string(one.job.revision));
        places.add(one.job.id, no_fence, line);
        lines_[line].called.insert(one.job.id);
        called_.insert_or_assign(one.job.id, line);
        dialect_.came_back(one.job.queue, run_at);
    }
    if (move.count() > 0) session_.query(sql_.move).change(move.take());
    session_.query(sql_.queue_at).change(queue_at.take());
    session_.query(sql_.place).change(places.take(), now_);
}

std::unordered_map<JobId, DueJob> LimitedExchange::look(const std::vector<JobId>& ids) {
    std::unordered_map<JobId, DueJob> found;
    in_rows(ids, add_id, [&](const std::string& rows) {
        session_.query(sql_.look).for_each(
            [&](Row row) {
                DueJob job = read_due(row);
                const JobId id = job.id;
                found.insert_or_assign(id, std::move(job));
            },
            rows);
    });
    return found;
}

void LimitedExchange::look_at_waiting(std::vector<Candidate> jobs) {
    std::vector<JobId> ids;
    for (const Candidate& one : jobs) ids.push_back(one.job.id);
    auto looked = look(ids);
    for (Candidate& one : jobs) {
        const auto found = looked.find(one.job.id);
        if (found == looked.end() || found->second.revision != one.job.revision) continue;
        found->second.queued_at = one.job.queued_at;
        one.job = std::move(found->second);
        waiting_.push_back(std::move(one));
    }
}

/// Which of those that are due wait in a line all the same: for another worker, or for nothing
/// more.
void LimitedExchange::find_waits(std::vector<Candidate>& due) {
    if (due.empty()) return;
    std::unordered_map<JobId, Candidate*> by_id;
    std::vector<JobId> ids, gone;
    for (Candidate& one : due) {
        by_id.emplace(one.job.id, &one);
        ids.push_back(one.job.id);
    }
    in_rows(ids, add_id, [&](const std::string& rows) {
        session_.query(sql_.waits)
            .for_each(
                [&](Row row) {
                    Candidate& one = *by_id.at(read_id(row));
                    std::string line = row.take_text();
                    const Timestamp queued_at = row.time();
                    std::string told = row.take_text();
                    if (row.number() == 0) return gone.push_back(one.job.id);
                    one.waits_in = std::move(line);
                    one.told = std::move(told);
                    one.has_row = true;
                    if (!one.waits_in.empty()) one.job.queued_at = queued_at;
                },
                rows);
    });
    stop_waiting(gone);
    std::erase_if(waiting_, [&](const Candidate& one) { return by_id.contains(one.job.id); });
}

void LimitedExchange::read_lines_of(std::span<Candidate> jobs) {
    std::set<std::string> names;
    const auto limits = limits_of_claim();
    for (Candidate& one : jobs) {
        one.under = limits.of(one.job.type, one.job.queue, one.job.owner, one.job.limit_key);
        for (const LimitedBy& by : one.under)
            if (by.limit->rate > 0 || by.limit->in_turn) names.insert(by.line);
    }
    read_lines(names);
}

bool LimitedExchange::try_to_start(Candidate& one) {
    const JobId& id = one.job.id;
    const auto line_of = [this](const std::string& name) -> LimitLine& { return lines_[name]; };
    const auto refused = admit({id, one.job.queued_at}, one.under, line_of, now_,
                               [this] { return back_of_queue(); });
    if (refused) {
        hold_back(one, *refused);
        return false;
    }
    leave_turn(id);
    for (const LimitedBy& by : one.under)
        if (by.limit->concurrency > 0) lines_of_.emplace(id, by.line);
    if (one.has_row) waits_no_more_.push_back(id);
    return true;
}

/// Its line, if one has called it, calls another.
void LimitedExchange::leave_turn(const JobId& id) {
    const auto called = called_.find(id);
    if (called == called_.end()) return;
    left_.add(id, no_fence, called->second);
    lines_[called->second].called.erase(id);
    open_.push_back(std::move(called->second));
    called_.erase(called);
}

void LimitedExchange::hold_back(Candidate& one, const LimitRefusal& refused) {
    const DueJob& job = one.job;
    const auto& [limit, line, of_worker] = refused.by;
    const bool is_news = !is_told(one.told, limit->name);
    if (is_news) {
        one.told += limit->name + "=";
        answer_.held_back.push_back({job.id, job.type, job.queue, job.created_at, limit->name});
    }
    leave_turn(job.id);
    const bool is_in_line = one.waits_in == line;
    if (!one.waits_in.empty() && !is_in_line) open_.push_back(one.waits_in);
    const bool is_called = refused.until == LimitRefusal::Until::its_turn;
    if (is_called) {
        called_.insert_or_assign(job.id, line);
        places_.add(job.id, no_fence, line);
    }
    keep_waiting(one, is_called ? in_no_line : line, is_news);
    if (one.is_due || !is_in_line)
        queue_at_.add(job.id, refused.run_at.value_or(never_due), std::to_string(job.revision));
}

/// In `line`, by the place in the queue that it had when it began to wait in lines.
void LimitedExchange::keep_waiting(const Candidate& one, const std::string& line, bool is_news) {
    const bool comes_from_its_turn = one.has_row && one.waits_in.empty() && !line.empty();
    if (comes_from_its_turn) waits_no_more_.push_back(one.job.id); // as of another place
    if (!one.has_row || comes_from_its_turn)
        wait_.add(one.job.id, line, one.told);
    else if (one.waits_in != line || is_news)
        move_.add(one.job.id, line, one.told);
}

/// Those that something else has happened to since they were looked at are not claimed.
void LimitedExchange::take(const std::vector<DueJob>& started) {
    if (started.empty()) return;
    std::unordered_map<JobId, ClaimedJob> taken;
    auto claimed = dialect_.take(session_, started, request_, now_);
    read_steps(session_, dialect_.row_statements(), std::span(claimed));
    for (ClaimedJob& job : claimed) {
        const JobId id = job.lease.id;
        taken.emplace(id, std::move(job));
    }
    for (const DueJob& job : started) {
        const auto found = taken.find(job.id);
        if (found == taken.end()) continue;
        const auto [first, last] = lines_of_.equal_range(job.id);
        for (auto line = first; line != last; ++line)
            places_.add(job.id, found->second.lease.fence, line->second);
        answer_.claimed.push_back(std::move(found->second));
    }
    lines_of_.clear();
}

/// A row of job_waiting takes the place in the queue that its job still has.
void LimitedExchange::write() {
    const auto change = [this](const Sql& sql, JsonRows& rows) {
        if (rows.count() > 0) session_.query(sql).change(rows.take());
    };
    stop_waiting(std::exchange(waits_no_more_, {}));
    change(sql_.leave, left_);
    change(sql_.move, move_);
    change(sql_.wait, wait_);
    change(sql_.queue_at, queue_at_);
    if (places_.count() > 0) session_.query(sql_.place).change(places_.take(), now_);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
