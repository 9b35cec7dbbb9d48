#include "postgresql_dialect.hpp"

#include "job_row.hpp"
#include "postgresql_array.hpp"
#include "postgresql_batch.hpp"
#include "postgresql_fault.hpp"
#include "postgresql_schema.hpp"
#include "postgresql_statements.hpp"
#include "postgresql_wakeups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace asyncjobs::soci_adapter {
namespace {

/// Identifies migrations among the advisory locks of a database.
constexpr std::string_view schema_lock = "7091432250311187";

/// A server's limit for a statement is a little shorter than its client's patience.
constexpr Duration grace = std::chrono::seconds{5};

std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) out += c == '"' ? std::string(2, c) : std::string(1, c);
    return out + '"';
}

/// 0 would be no timeout at all.
std::int64_t milliseconds(Duration timeout) {
    return std::max<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(timeout).count(), 1);
}

} // namespace

std::string postgresql_settings(const PostgresqlOptions& options) {
    // The planner's statistics may date from when the table was empty; what would scan or sort is
    // then still no choice.
    std::string settings = fmt::format(
        "SET client_min_messages = error; SET statement_timeout = {}; SET lock_timeout = {};"
        "SET idle_in_transaction_session_timeout = {};"
        "SET default_transaction_isolation = 'read committed';"
        "SET default_transaction_read_only = off; SET enable_seqscan = off;"
        "SET enable_bitmapscan = off; SET enable_sort = off;"
        "SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;"
        "SET max_parallel_workers_per_gather = 0;",
        milliseconds(options.statement_timeout), milliseconds(options.lock_timeout),
        milliseconds(options.statement_timeout));
    if (!options.schema.empty())
        settings += fmt::format("SET search_path = {};", quoted(options.schema));
    if (options.synchronous_commit.empty())
        settings += "SELECT set_config('synchronous_commit', 'on', false)"
                    " WHERE current_setting('synchronous_commit') = 'off'";
    else
        settings += fmt::format("SET synchronous_commit = {}", options.synchronous_commit);
    return settings;
}

PostgresqlDialect::PostgresqlDialect(PostgresqlOptions options)
    : options_(std::move(options)), settings_(postgresql_settings(options_)) {}

std::unique_ptr<Session> PostgresqlDialect::open() const {
    try {
        auto session = std::make_unique<PostgresqlSession>(
            options_.connect_string, options_.table_prefix, options_.statement_timeout + grace);
        session->execute(settings_);
        return session;
    } catch (const soci::soci_error& error) {
        throw Error(Errc::store_unavailable,
                    fmt::format("PostgreSQL can't be reached: {}", error.get_error_message()));
    }
}

Fault PostgresqlDialect::classify(Session& session, const soci::soci_error& error,
                                  Stage stage) const {
    const auto* known = dynamic_cast<const soci::postgresql_soci_error*>(&error);
    if (!known) return {Errc::store_failure, error.get_error_message(), true};
    auto& postgresql = as_postgresql(session);
    if (postgresql.may_have_committed()) stage = Stage::committing;
    return postgresql_fault(known->sqlstate(), postgresql.is_connected(), stage);
}

using Transaction = PostgresqlSession::Transaction;

void PostgresqlDialect::begin_write(Session& session) const {
    as_postgresql(session).begin(Transaction::open);
}

void PostgresqlDialect::begin_read(Session& session) const {
    as_postgresql(session).begin(Transaction::none);
}

void PostgresqlDialect::begin_batch(Session& session) const {
    as_postgresql(session).begin(Transaction::batch);
}

void PostgresqlDialect::commit(Session& session) const { as_postgresql(session).commit(); }

bool PostgresqlDialect::rollback(Session& session) const noexcept {
    auto& postgresql = as_postgresql(session);
    try {
        if (postgresql.is_connected()) postgresql.rollback();
        return postgresql.is_connected();
    } catch (...) {
        return false;
    }
}

CallTime PostgresqlDialect::now(Session&) const {
    return options_.clock ? CallTime(options_.clock()) : std::nullopt;
}

std::unique_ptr<Wakeups> PostgresqlDialect::connect(Notifier& notifier) const {
    if (!options_.listens) return nullptr;
    return std::make_unique<PostgresqlWakeups>(options_.connect_string, settings_,
                                               with_table_prefix("jobs", options_.table_prefix),
                                               notifier);
}

void PostgresqlDialect::prepare(Session& session) const {
    auto& postgresql = as_postgresql(session);
    const auto encoding = postgresql.execute("SHOW server_encoding");
    if (encoding != "UTF8")
        throw Error(Errc::store_failure,
                    fmt::format("the database's encoding is {}, but must be UTF8", encoding));
    if (options_.schema.empty() || postgresql.execute("SELECT current_schema()") == options_.schema)
        return;
    postgresql.execute(fmt::format("BEGIN; SELECT pg_advisory_xact_lock({});"
                                   "CREATE SCHEMA IF NOT EXISTS {}; COMMIT",
                                   schema_lock, quoted(options_.schema)));
}

void PostgresqlDialect::lock_schema(Session& session) const {
    as_postgresql(session).execute(fmt::format("SELECT pg_advisory_lock({})", schema_lock));
}

void PostgresqlDialect::unlock_schema(Session& session) const {
    as_postgresql(session).execute(fmt::format("SELECT pg_advisory_unlock({})", schema_lock));
}

std::span<const Migration> PostgresqlDialect::migrations() const noexcept {
    return postgresql_migrations();
}

int PostgresqlDialect::schema_version(Session& session) const {
    if (!session.query(postgresql::has_schema).for_first([](Row) {})) return 0;
    int version = 0;
    session.query(postgresql::schema_version).for_first([&](Row row) { version = row.small(); });
    return version;
}

void PostgresqlDialect::migrate(Session& session, const Migration& migration) const {
    as_postgresql(session).execute(session.with_prefix(migration.sql));
    session.query(postgresql::record_version).change(migration.version, now(session));
}

namespace {

/// Calls `each(batch)` for one part of `all` after the other, none of which names a job twice: in
/// one statement the order of such two would be open.
template <typename Item, typename IdOf, typename Each>
void in_batches(std::span<const Item> all, IdOf id_of, Each each) {
    std::unordered_set<JobId> seen;
    std::size_t start = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (seen.insert(id_of(all[i])).second) continue;
        each(all.subspan(start, i - start));
        start = i;
        seen.clear();
        seen.insert(id_of(all[i]));
    }
    if (start < all.size()) each(all.subspan(start));
}

/// Answers when each job that was inserted was.
std::unordered_map<JobId, Timestamp> insert(Session& session, const Sql& statement,
                                            std::span<const NewJob> jobs, CallTime now) {
    PostgresqlArray ids, types, queues, owners, max_attempts, unique_keys, timeouts, retentions,
        run_at, delays, inputs;
    for (const NewJob& job : jobs) {
        ids.add(job.id.text());
        types.add(job.type);
        queues.add(job.queue);
        owners.add(job.owner);
        max_attempts.add(job.max_attempts);
        unique_keys.add(job.unique_key);
        timeouts.add(job.timeout.count());
        retentions.add(job.retention.count());
        if (job.run_at)
            run_at.add(job.run_at->time_since_epoch().count());
        else
            run_at.add_null();
        delays.add(job.delay.count());
        inputs.add(job.input.text());
    }
    std::unordered_map<JobId, Timestamp> inserted;
    session.query(statement).for_each(
        [&](Row row) {
            const JobId id = read_id(row);
            inserted.emplace(id, row.time());
        },
        now, ids.text(), types.text(), queues.text(), owners.text(), max_attempts.text(),
        unique_keys.text(), timeouts.text(), retentions.text(), run_at.text(), delays.text(),
        inputs.text());
    return inserted;
}

/// What stood in the way of `job`; empty if it is there no more.
std::optional<Submitted> find_conflict(Session& session, const NewJob& job) {
    using Outcome = Submitted::Outcome;
    Submitted answer{Outcome::id_exists, job.id, {}};
    if (session.query(postgresql::created_at)
            .for_first([&](Row row) { answer.created_at = row.time(); }, job.id))
        return answer;
    answer.outcome = Outcome::key_taken;
    if (session.query(postgresql::key_holder)
            .for_first(
                [&](Row row) {
                    answer.id = read_id(row);
                    answer.created_at = row.time();
                },
                job.unique_key))
        return answer;
    return std::nullopt;
}

Submitted submit_after_conflict(Session& session, const NewJob& job, CallTime now) {
    constexpr int max_tries = 10;
    for (int tries = 0; tries < max_tries; ++tries) {
        if (const auto conflict = find_conflict(session, job)) return *conflict;
        if (const auto inserted = insert(session, postgresql::insert, {&job, 1}, now);
            !inserted.empty())
            return {Submitted::Outcome::created, job.id, inserted.at(job.id)};
    }
    throw Error(Errc::store_busy, "other submitters kept taking the unique key");
}

/// In one round trip that commits. False, and nothing inserted, if something stands in the way.
bool insert_all(Session& session, std::span<const NewJob> jobs, CallTime now,
                std::vector<Submitted>& answers) {
    constexpr std::string_view unique_violation = "23505";
    // A key may well be taken, which is no reason for an entry in the server's log.
    if (std::ranges::any_of(jobs, [](const NewJob& job) { return job.unique_key.has_value(); }))
        return false;
    try {
        const auto inserted = insert(session, postgresql::insert_all, jobs, now);
        for (const NewJob& job : jobs)
            answers.push_back({Submitted::Outcome::created, job.id, inserted.at(job.id)});
        return true;
    } catch (const soci::postgresql_soci_error& error) {
        if (error.sqlstate() != unique_violation) throw;
        return false;
    }
}

} // namespace

void PostgresqlDialect::submit(Session& session, std::span<const NewJob> jobs, CallTime now,
                               std::vector<Submitted>& answers) const {
    if (as_postgresql(session).commits_each_batch()) {
        if (insert_all(session, jobs, now, answers)) return;
        begin_write(session);
    }
    in_batches(
        jobs, [](const NewJob& job) { return job.id; },
        [&](std::span<const NewJob> batch) {
            const auto inserted = insert(session, postgresql::insert, batch, now);
            for (const NewJob& job : batch) {
                const auto found = inserted.find(job.id);
                answers.push_back(
                    found != inserted.end()
                        ? Submitted{Submitted::Outcome::created, job.id, found->second}
                        : submit_after_conflict(session, job, now));
            }
        });
}

namespace {

/// Statements that lock the same jobs lock them in the same order: by id.
template <typename Item, typename IdOf>
std::vector<std::size_t> order_of_locking(std::span<const Item> items, IdOf id_of) {
    std::vector<std::size_t> order(items.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) { return id_of(items[i]); });
    return order;
}

std::string_view becomes(Settlement::Kind kind) {
    using Kind = Settlement::Kind;
    switch (kind) {
    case Kind::completed:
        return "completed";
    case Kind::failed:
        return "failed";
    case Kind::cancelled:
        return "cancelled";
    case Kind::retried:
    case Kind::released:
        break;
    }
    return "pending";
}

/// Adds the settlements, which name a job once, to what is sent.
void settle_in(PostgresqlBatch& batch, std::span<const Settlement> settlements, CallTime now,
               std::span<Settled> answers) {
    using Kind = Settlement::Kind;
    PostgresqlArray ids, fences, wanted, percents, messages, results, errors, delays, refunds;
    auto order =
        order_of_locking(settlements, [](const Settlement& one) { return one.lease().id; });
    for (const std::size_t i : order) {
        const Settlement& one = settlements[i];
        const Kind kind = one.kind();
        const bool has_error = kind == Kind::failed || kind == Kind::retried;
        ids.add(one.lease().id.text());
        fences.add(one.lease().fence);
        wanted.add(becomes(kind));
        percents.add(one.progress() ? one.progress()->percent : -1);
        messages.add(std::string_view(one.progress() ? one.progress()->message : ""));
        if (kind == Kind::completed)
            results.add(one.result().text());
        else
            results.add_null();
        errors.add(has_error ? std::optional(to_text(one.error())) : std::nullopt);
        delays.add(one.delay().count());
        refunds.add(kind == Kind::released ? 1 : 0);
    }
    const auto accepted = [answers, order = std::move(order)](Row row) {
        const auto number = static_cast<std::size_t>(row.number());
        answers[order[number - 1]] = {true, read_status(row)};
    };
    batch.add(postgresql::settle, accepted, now, ids.text(), fences.text(), wanted.text(),
              percents.text(), messages.text(), results.text(), errors.text(), delays.text(),
              refunds.text());
}

/// All of them, in one statement or a few.
void settle_all_in(PostgresqlBatch& batch, std::span<const Settlement> settlements, CallTime now,
                   std::vector<Settled>& answers) {
    std::size_t start = answers.size();
    answers.resize(start + settlements.size());
    in_batches(
        settlements, [](const Settlement& one) { return one.lease().id; },
        [&](std::span<const Settlement> some) {
            settle_in(batch, some, now, std::span(answers).subspan(start, some.size()));
            start += some.size();
        });
}

} // namespace

void PostgresqlDialect::settle(Session& session, std::span<const Settlement> settlements,
                               CallTime now, std::vector<Settled>& answers) const {
    if (settlements.empty()) return;
    const auto start = answers.size();
    PostgresqlBatch batch(as_postgresql(session));
    settle_all_in(batch, settlements, now, answers);
    batch.run();
    std::vector<NewJob> follow_ups;
    for (std::size_t i = 0; i < settlements.size(); ++i)
        if (answers[start + i].accepted)
            follow_ups.insert(follow_ups.end(), settlements[i].follow_ups().begin(),
                              settlements[i].follow_ups().end());
    if (follow_ups.empty()) return;
    std::vector<Submitted> submitted;
    submit(session, follow_ups, now, submitted);
}

void PostgresqlDialect::exchange(Session& session, std::span<const Settlement> settlements,
                                 const ClaimRequest& request, CallTime now,
                                 Exchange& answer) const {
    const bool has_follow_ups = std::ranges::any_of(
        settlements, [](const Settlement& one) { return !one.follow_ups().empty(); });
    if (has_follow_ups) {
        begin_write(session);
        settle(session, settlements, now, answer.settled);
        settlements = {};
    }
    if (settlements.empty() && request.limit == 0) return;

    PostgresqlBatch batch(as_postgresql(session));
    settle_all_in(batch, settlements, now, answer.settled);
    if (request.limit == 0) {
        batch.run();
        return;
    }
    const auto began = steady_now();
    std::vector<ClaimFloors::Search> searches;
    PostgresqlArray queues, floors, look_below;
    for (const std::string& queue : request.queues) {
        const auto& search = searches.emplace_back(floors_.begin(queue, began));
        queues.add(queue);
        floors.add(search.floor.time_since_epoch().count());
        look_below.add(std::string_view(search.looks_below ? "t" : "f"));
    }
    const std::string& names = queues.text();
    ClaimOrder found(request.queues);
    std::optional<Duration> due_in;
    batch.add(
        postgresql::claim, [&](Row row) { found.add(row); }, request.worker, now, request.lease_for,
        names, floors.text(), look_below.text(), request.limit);
    batch.add(
        postgresql::next_due_in,
        [&](Row row) {
            if (!row.next_is_null()) due_in = std::max(row.duration(), Duration::zero());
        },
        now, names);
    batch.run();

    const bool is_filled = found.count() == request.limit;
    const auto ended = steady_now();
    for (std::size_t i = 0; i < searches.size(); ++i)
        floors_.end(request.queues[i], searches[i], found.oldest(i), is_filled, began, ended);
    if (!is_filled) answer.next_due_in = due_in;
    found.move_to(answer.claimed);
}

void PostgresqlDialect::renew(Session& session, std::span<const Heartbeat> heartbeats,
                              Duration lease_for, CallTime now,
                              std::vector<Renewal>& answers) const {
    const auto id_of = [](const Heartbeat& one) { return one.lease.id; };
    std::size_t start = answers.size();
    answers.resize(start + heartbeats.size());
    PostgresqlBatch batch(as_postgresql(session));
    in_batches(heartbeats, id_of, [&](std::span<const Heartbeat> some) {
        PostgresqlArray ids, fences, percents, messages;
        auto order = order_of_locking(some, id_of);
        for (const std::size_t i : order) {
            const auto& [lease, progress] = some[i];
            ids.add(lease.id.text());
            fences.add(lease.fence);
            percents.add(progress ? progress->percent : -1);
            messages.add(std::string_view(progress ? progress->message : ""));
        }
        const auto kept = [&answers, start, order = std::move(order)](Row row) {
            const auto number = static_cast<std::size_t>(row.number());
            answers[start + order[number - 1]] = {true, !row.next_is_null()};
        };
        batch.add(postgresql::extend, kept, now, lease_for, ids.text(), fences.text(),
                  percents.text(), messages.text());
        start += some.size();
    });
    batch.run();
}

void PostgresqlDialect::find(Session& session, std::span<const JobId> ids,
                             std::vector<std::optional<Job>>& answers) const {
    PostgresqlArray wanted;
    for (const JobId& id : ids) wanted.add(id.text());
    std::unordered_map<JobId, Job> found;
    session.query(postgresql::find)
        .for_each(
            [&](Row row) {
                Job job = read_job(row);
                found.emplace(job.id, std::move(job));
            },
            wanted.text());
    for (const JobId& id : ids) {
        const auto job = found.find(id);
        answers.push_back(job == found.end() ? std::nullopt : std::optional(job->second));
    }
}

OwnStatements PostgresqlDialect::own_statements() const noexcept {
    return {
        .restart = postgresql::restart, .rescue = postgresql::rescue, .purge = postgresql::purge};
}

} // namespace asyncjobs::soci_adapter
