#include "limited_exchange.hpp"

#include "job_row.hpp"
#include "json_rows.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr std::array<std::string_view, 3> names_of_per = {"limit", "owner", "key"};

/// A called job that nobody has claimed by then loses its place: its queue may not be served.
constexpr Duration called_for = std::chrono::seconds{10};
constexpr std::int64_t no_fence = 0; ///< of a job that was called

Limit read_limit(Row row) {
    Limit limit;
    limit.name = row.take_text();
    limit.queue = row.take_text();
    limit.type = row.take_text();
    const auto per = std::ranges::find(names_of_per, row.text());
    limit.per = static_cast<LimitPer>(per - names_of_per.begin());
    limit.concurrency = static_cast<std::size_t>(row.number());
    limit.rate = static_cast<std::size_t>(row.number());
    limit.period = row.duration();
    limit.burst = static_cast<std::size_t>(row.number());
    limit.in_turn = row.number() != 0;
    return limit;
}

template <typename Texts>
std::string rows_of(const Texts& texts) {
    JsonRows rows;
    for (const auto& text : texts) rows.add(text);
    return rows.take();
}

/// What a job is now, as far as limits are concerned.
struct Looked {
    JobStatus status = JobStatus::pending;
    std::int64_t fence = 0;
    Timestamp run_at = {};
    std::optional<std::string> limit_key = {};
    bool was_given_time = false; ///< by a rate
};

std::map<JobId, Looked> look(Session& session, const LimitStatements& sql,
                             const std::set<JobId>& ids) {
    std::map<JobId, Looked> found;
    in_rows(ids, add_id, [&](const std::string& rows) {
        session.query(sql.look).for_each(
            [&](Row row) {
                Looked& job = found[read_id(row)];
                job.status = read_status(row);
                job.fence = row.number();
                job.run_at = row.time();
                job.limit_key = row.optional_text();
                job.was_given_time = !row.next_is_null() && row.number() == 1;
            },
            rows);
    });
    return found;
}

struct Place {
    std::string line;
    JobId job;
    std::int64_t fence = no_fence;
    std::optional<Timestamp> called_at = {};
};

bool is_taken(const Place& place, const std::map<JobId, Looked>& jobs, Timestamp now) {
    const auto found = jobs.find(place.job);
    if (found == jobs.end()) return false;
    const Looked& job = found->second;
    if (place.fence != no_fence)
        return job.status == JobStatus::processing && job.fence == place.fence;
    return job.status == JobStatus::pending && job.run_at < never_due &&
           place.called_at.value_or(now) > now - called_for;
}

} // namespace

/// A job that the database has claimed, before it is known whether it may start.
struct LimitedExchange::Claimed {
    ClaimedJob job;
    LimitedJob limited;
    std::vector<LimitedBy> under;
};

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
    read_places();
    call_waiting();
    claim();
    write_lines();
    leave_open();
    return std::move(answer_);
}

void LimitedExchange::read_limits() {
    session_.query(sql_.lock).for_each([&](Row row) { limits_.push_back(read_limit(row)); },
                                       queues_);
    session_.query(statements::time).for_first([&](Row row) { now_ = row.time(); }, time_);
    back_ = now_;
}

void LimitedExchange::read_places() {
    std::vector<Place> places;
    std::set<JobId> ids;
    session_.query(statements::places).for_each([&](Row row) {
        Place& place = places.emplace_back();
        place.line = row.take_text();
        place.job = read_id(row);
        place.fence = row.number();
        place.called_at = row.optional_time();
        ids.insert(place.job);
    });
    const auto limits = limits_of_claim();
    const auto jobs = look(session_, sql_, ids);
    JsonRows left;
    for (const Place& place : places) {
        if (!limits.limit_of(place.line)) continue;
        if (!is_taken(place, jobs, now_)) {
            left.add(place.job, no_fence, place.line);
            lines_[place.line].has_waiting = true; // perhaps
            open_.insert(place.line);
        } else if (place.fence == no_fence) {
            lines_[place.line].called.insert(place.job);
        } else {
            ++lines_[place.line].held;
        }
    }
    if (left.count() > 0) session_.query(sql_.leave).change(left.take());
}

void LimitedExchange::claim() {
    constexpr int most_rounds = 12;
    constexpr std::size_t most_at_once = 500;
    std::size_t held_back = 0;
    for (int round = 0; answer_.claimed.size() < request_.limit; ++round) {
        // Those that have to wait are put out of the way, the faster the more there are.
        const auto wanted = request_.limit - answer_.claimed.size();
        ClaimRequest some = request_;
        some.limit = std::max(wanted, std::min(2 * held_back, most_at_once));
        Exchange found;
        dialect_.exchange(session_, {}, some, back_, found);
        const bool is_filled = found.claimed.size() == some.limit;
        const auto before = answer_.held_back.size();
        has_called_ = false;
        turns_ = turns_each();
        sort_out(std::move(found.claimed));
        held_back = answer_.held_back.size() - before;
        const bool is_more = is_filled || has_called_;
        if (is_more && round < most_rounds) continue;
        answer_.next_due_in = is_more ? Duration::zero() : found.next_due_in;
        break;
    }
    if (answer_.claimed.size() == request_.limit)
        answer_.next_due_in.reset();
    else if (next_at_)
        answer_.next_due_in =
            std::min(answer_.next_due_in.value_or(Duration::max()), *next_at_ - now_);
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

void LimitedExchange::sort_out(std::vector<ClaimedJob> found) {
    const auto limits = limits_of_claim();
    if (found.empty()) return;
    std::set<JobId> ids;
    for (const ClaimedJob& job : found) ids.insert(job.lease.id);
    auto looked = look(session_, sql_, ids);
    std::vector<Claimed> jobs;
    for (ClaimedJob& job : found) {
        const Looked& known = looked[job.lease.id];
        auto under = limits.of(job.type, job.queue, job.owner, known.limit_key);
        const LimitedJob limited{job.lease.id, known.run_at, known.was_given_time};
        jobs.push_back({std::move(job), limited, std::move(under)});
    }
    read_lines(jobs);
    std::vector<JobId> tried;
    for (Claimed& job : jobs) {
        if (answer_.claimed.size() == request_.limit) {
            put_back_.add(job.limited.id, std::optional<Timestamp>(), std::optional<std::string>());
            continue;
        }
        if (!job.under.empty()) tried.push_back(job.limited.id);
        if (try_to_start(job)) answer_.claimed.push_back(std::move(job.job));
    }
    stop_waiting(tried);
    if (left_.count() > 0) session_.query(sql_.leave).change(left_.take());
    if (waiting_.count() > 0) session_.query(sql_.wait).change(waiting_.take());
    if (put_back_.count() > 0) session_.query(sql_.put_back).change(put_back_.take());
    if (places_.count() > 0) session_.query(sql_.place).change(places_.take(), now_);
    call_waiting();
}

void LimitedExchange::stop_waiting(const std::vector<JobId>& ids) {
    in_rows(ids, add_id,
            [&](const std::string& rows) { session_.query(sql_.stop_waiting).change(rows); });
}

/// What is not known yet of the jobs' lines.
void LimitedExchange::read_lines(std::span<const Claimed> jobs) {
    std::set<std::string> unknown;
    for (const Claimed& job : jobs)
        for (const auto& [limit, line, of_worker] : job.under)
            if ((limit->rate > 0 || limit->in_turn) && kept_.emplace(line, limit).second)
                unknown.insert(line);
    if (unknown.empty()) return;
    const std::string names = rows_of(unknown);
    session_.query(sql_.lines)
        .for_each(
            [&](Row row) {
                const std::string name = row.take_text();
                LimitLine& line = lines_[name];
                const Timestamp next_at = row.time();
                if (kept_.at(name)->in_turn)
                    line.served_at = next_at;
                else
                    line.next_at = next_at;
                line.offered_until = row.time();
            },
            names);
    session_.query(sql_.any_waiting)
        .for_each([&](Row row) { lines_[row.text()].has_waiting = true; }, names);
}

bool LimitedExchange::try_to_start(Claimed& job) {
    using Until = LimitRefusal::Until;
    const JobId& id = job.limited.id;
    for (const auto& [name, line] : lines_)
        if (line.called.contains(id)) left_.add(id, no_fence, name);
    const auto line_of = [this](const std::string& name) -> LimitLine& { return lines_[name]; };
    const auto refused =
        admit(job.limited, job.under, line_of, now_, [this] { return back_of_queue(); });
    if (!refused) {
        for (const LimitedBy& by : job.under) {
            if (by.limit->concurrency > 0) places_.add(id, job.job.lease.fence, by.line);
            open_.insert(by.line);
        }
        return true;
    }
    const std::string& line = refused->by.line;
    for (auto& [name, other] : lines_)
        if (name != line && other.called.erase(id) > 0) open_.insert(name);
    const bool is_timed = refused->until == Until::some_time;
    if (refused->until == Until::its_turn) {
        places_.add(id, no_fence, line);
    } else {
        lines_[line].called.erase(id);
        waiting_.add(id, is_timed ? 1 : 0, line);
    }
    if (refused->run_at) next_at_ = std::min(next_at_.value_or(*refused->run_at), *refused->run_at);
    put_back_.add(id, refused->run_at.value_or(never_due),
                  is_timed ? std::optional("own") : std::nullopt);
    answer_.held_back.push_back(
        {id, job.job.type, job.job.queue, job.job.created_at, refused->by.limit->name});
    return false;
}

/// Those of the open lines for whom there is room now, or whose turn it is.
void LimitedExchange::call_waiting() {
    const auto limits = limits_of_claim();
    std::vector<JobId> ids;
    JsonRows called, places;
    for (const std::string& name : std::exchange(open_, {})) {
        const Limit* limit = limits.limit_of(name);
        LimitLine& line = lines_[name];
        const auto count = limit ? jobs_to_call(*limit, line, turns_) : 0;
        if (count == 0) continue;
        const auto next = next_waiting(name, count);
        if (next.size() < count) still_open_.insert(name);
        for (const auto& [job, queue] : next) {
            const Timestamp run_at = limit->in_turn ? back_of_queue() : job.queued_at;
            ids.push_back(job.id);
            called.add(job.id, run_at);
            places.add(job.id, no_fence, name);
            line.called.insert(job.id);
            dialect_.came_back(queue, run_at);
        }
    }
    if (ids.empty()) return;
    stop_waiting(ids);
    session_.query(sql_.call).change(called.take());
    session_.query(sql_.place).change(places.take(), now_);
    has_called_ = true;
}

/// The oldest of the line, of the queues that are served here. Those that are pending no more are
/// taken out of it.
std::vector<LimitedExchange::Waiting> LimitedExchange::next_waiting(const std::string& line,
                                                                    std::size_t count) {
    for (;;) {
        std::vector<Waiting> next;
        std::vector<JobId> gone;
        session_.query(sql_.to_call)
            .for_each(
                [&](Row row) {
                    const JobId id = read_id(row);
                    std::string queue = row.take_text();
                    const Timestamp queued_at = row.time();
                    if (row.optional_text() == to_string(JobStatus::pending))
                        next.push_back({{id, queued_at}, std::move(queue)});
                    else
                        gone.push_back(id);
                },
                queues_, line, count);
        if (next.size() + gone.size() < count) lines_[line].has_waiting = false;
        if (gone.empty()) return next;
        stop_waiting(gone);
    }
}

void LimitedExchange::write_lines() {
    if (kept_.empty()) return;
    JsonRows names, lines;
    for (const auto& [name, limit] : kept_) {
        const LimitLine& line = lines_[name];
        if (limit->in_turn && !line.served_at) continue;
        names.add(name);
        lines.add(name, limit->in_turn ? *line.served_at : line.next_at,
                  std::to_string(line.offered_until.time_since_epoch().count()));
    }
    if (names.count() == 0) return;
    session_.query(sql_.forget_line).change(names.take());
    session_.query(sql_.keep_line).change(lines.take());
}

/// Those who wait in queues that are not served here are called by who serves them: a place of
/// nobody says that there is something to do.
void LimitedExchange::leave_open() {
    if (still_open_.empty()) return;
    const auto limits = limits_of_claim();
    JsonRows places;
    session_.query(sql_.any_waiting)
        .for_each(
            [&](Row row) {
                const std::string& name = row.text();
                LimitLine& line = lines_[name];
                line.has_waiting = true;
                if (jobs_to_call(*limits.limit_of(name), line) > 0)
                    places.add(JobId::make({}, 0, 0), no_fence, name);
            },
            rows_of(still_open_));
    if (places.count() > 0) session_.query(sql_.place).change(places.take(), now_);
}

namespace {

/// The names of a limit's lines, from the first of each pair on and before the second: its name,
/// and that with `=` and what it counts apart. Of both at once, a database might read all lines.
std::array<std::pair<std::string, std::string>, 2> lines_of(const std::string& limit) {
    constexpr char after_end = '\x01'; // less than what a name may hold
    return {{{limit, limit + after_end}, {limit + '=', limit + '>'}}};
}

} // namespace

void set_limit(Session& session, const Dialect& dialect, const Limit& limit, CallTime now) {
    const std::string& name = limit.name;
    const auto known = read_limits(session);
    if (std::ranges::find(known, limit) != known.end()) return;
    if (is_limiting(limit)) {
        // Whoever waits for the row finds it as it is afterwards: a new one in its place would not
        // be seen.
        const auto write = [&](const Sql& sql) {
            return session.query(sql).change(limit.queue, limit.type,
                                             names_of_per[static_cast<std::size_t>(limit.per)],
                                             limit.concurrency, limit.rate, limit.period,
                                             limit.burst, limit.in_turn ? 1 : 0, now, name);
        };
        if (write(statements::change_limit) == 0) write(statements::add_limit);
    } else {
        session.query(statements::remove_limit).change(name);
    }
    std::vector<LimitedJob> waiting;
    for (const auto& [first, last] : lines_of(name)) {
        session.query(statements::waiting_for)
            .for_each(
                [&](Row row) {
                    const JobId id = read_id(row);
                    const std::string queue = row.take_text();
                    waiting.push_back({id, row.time()});
                    dialect.came_back(queue, waiting.back().queued_at);
                },
                first, last);
        session.query(statements::nobody_waits).change(first, last);
        session.query(statements::nobody_is_called).change(first, last);
        session.query(statements::forget_lines).change(first, last);
    }
    const auto as_called = [](JsonRows& rows, const LimitedJob& job) {
        rows.add(job.id, job.queued_at);
    };
    in_rows(waiting, as_called, [&](const std::string& rows) {
        session.query(dialect.limit_statements().call).change(rows);
    });
}

std::vector<Limit> read_limits(Session& session) {
    std::vector<Limit> limits;
    session.query(statements::limits).for_each([&](Row row) { limits.push_back(read_limit(row)); });
    return limits;
}

std::string forget_idle_lines(Session& session, const Dialect& dialect, const std::string& job,
                              CallTime now) {
    session.query(statements::forget_idle_lines).change(now);
    session.query(statements::forget_places).change();
    std::string last;
    session.query(statements::last_of_waiting)
        .for_first([&](Row row) { last = row.take_text(); }, job);
    constexpr const char* after_all = "~"; // no id has it
    session.query(dialect.own_statements().forget_waiting)
        .change(job, last.empty() ? after_all : last);
    return last;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
