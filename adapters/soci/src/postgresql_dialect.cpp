#include "postgresql_dialect.hpp"

#include "job_row.hpp"
#include "postgresql_array.hpp"
#include "postgresql_fault.hpp"
#include "postgresql_schema.hpp"
#include "postgresql_session.hpp"
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

const std::string clock_statement =
    "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
const std::string begin_statement = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

std::string quoted(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) out += c == '"' ? std::string(2, c) : std::string(1, c);
    return out + '"';
}

/// 0 would be no timeout at all.
std::int64_t milliseconds(Duration timeout) {
    return std::max<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(timeout).count(), 1);
}

std::string settings_for(const PostgresqlOptions& options) {
    // The planner's statistics may date from when the table was empty; what would scan or sort is
    // then still no choice.
    std::string settings = fmt::format(
        "SET client_min_messages = error; SET statement_timeout = {}; SET lock_timeout = {};"
        "SET idle_in_transaction_session_timeout = {}; SET enable_seqscan = off;"
        "SET enable_bitmapscan = off; SET enable_sort = off;"
        "SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;",
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

Timestamp parse_time(const std::string& microseconds) {
    return Timestamp{Duration{std::stoll(microseconds)}};
}

} // namespace

PostgresqlDialect::PostgresqlDialect(PostgresqlOptions options)
    : options_(std::move(options)), settings_(settings_for(options_)) {}

std::unique_ptr<Session> PostgresqlDialect::open() const {
    try {
        auto session =
            std::make_unique<PostgresqlSession>(options_.connect_string, options_.table_prefix);
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
    return postgresql_fault(known->sqlstate(), as_postgresql(session).is_connected(), stage);
}

void PostgresqlDialect::begin_write(Session& session) const {
    auto& postgresql = as_postgresql(session);
    if (options_.clock) {
        postgresql.execute(begin_statement);
        postgresql.now = options_.clock();
    } else {
        postgresql.now = parse_time(postgresql.execute(begin_statement + ';' + clock_statement));
    }
}

void PostgresqlDialect::begin_read(Session& session) const {
    auto& postgresql = as_postgresql(session);
    postgresql.now =
        options_.clock ? options_.clock() : parse_time(postgresql.execute(clock_statement));
}

void PostgresqlDialect::commit(Session& session) const {
    auto& postgresql = as_postgresql(session);
    if (postgresql.is_in_transaction()) postgresql.commit();
}

bool PostgresqlDialect::rollback(Session& session) const noexcept {
    auto& postgresql = as_postgresql(session);
    try {
        if (postgresql.is_connected() && postgresql.is_in_transaction())
            postgresql.execute("ROLLBACK");
        return postgresql.is_connected();
    } catch (...) {
        return false;
    }
}

Timestamp PostgresqlDialect::now(Session& session) const { return as_postgresql(session).now; }

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

std::unordered_set<JobId> insert(Session& session, std::span<const NewJob> jobs, Timestamp now) {
    PostgresqlArray ids, types, queues, owners, max_attempts, unique_keys, timeouts, retentions,
        created, run, inputs;
    for (const NewJob& job : jobs) {
        const auto at = [](Timestamp time) { return time.time_since_epoch().count(); };
        ids.add(job.id.text());
        types.add(job.type);
        queues.add(job.queue);
        owners.add(job.owner);
        max_attempts.add(job.max_attempts);
        unique_keys.add(job.unique_key);
        timeouts.add(job.timeout.count());
        retentions.add(job.retention.count());
        created.add(at(now));
        run.add(at(job.run_at.value_or(now + job.delay)));
        inputs.add(job.input.text());
    }
    std::unordered_set<JobId> inserted;
    session.query(postgresql::insert)
        .for_each([&](Row row) { inserted.insert(read_id(row)); }, ids.text(), types.text(),
                  queues.text(), owners.text(), max_attempts.text(), unique_keys.text(),
                  timeouts.text(), retentions.text(), created.text(), run.text(), inputs.text());
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

Submitted submit_after_conflict(Session& session, const NewJob& job, Timestamp now) {
    constexpr int max_tries = 10;
    for (int tries = 0; tries < max_tries; ++tries) {
        if (const auto conflict = find_conflict(session, job)) return *conflict;
        if (!insert(session, {&job, 1}, now).empty())
            return {Submitted::Outcome::created, job.id, now};
    }
    throw Error(Errc::store_busy, "other submitters kept taking the unique key");
}

} // namespace

void PostgresqlDialect::submit(Session& session, std::span<const NewJob> jobs, Timestamp now,
                               std::vector<Submitted>& answers) const {
    in_batches(
        jobs, [](const NewJob& job) { return job.id; },
        [&](std::span<const NewJob> batch) {
            const auto inserted = insert(session, batch, now);
            for (const NewJob& job : batch)
                answers.push_back(inserted.contains(job.id)
                                      ? Submitted{Submitted::Outcome::created, job.id, now}
                                      : submit_after_conflict(session, job, now));
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

void settle_batch(Session& session, std::span<const Settlement> settlements, Timestamp now,
                  std::span<Settled> answers) {
    using Kind = Settlement::Kind;
    PostgresqlArray ids, fences, wanted, percents, messages, results, errors, delays, refunds;
    const auto order =
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
            results.add(std::optional<std::string>());
        errors.add(has_error ? std::optional(to_text(one.error())) : std::nullopt);
        delays.add(one.delay().count());
        refunds.add(kind == Kind::released ? 1 : 0);
    }
    session.query(postgresql::settle)
        .for_each(
            [&](Row row) {
                const auto number = static_cast<std::size_t>(row.number());
                answers[order[number - 1]] = {true, read_status(row)};
            },
            now, ids.text(), fences.text(), wanted.text(), percents.text(), messages.text(),
            results.text(), errors.text(), delays.text(), refunds.text());
}

} // namespace

void PostgresqlDialect::settle(Session& session, std::span<const Settlement> settlements,
                               Timestamp now, std::vector<Settled>& answers) const {
    std::vector<NewJob> follow_ups;
    in_batches(
        settlements, [](const Settlement& one) { return one.lease().id; },
        [&](std::span<const Settlement> batch) {
            const auto start = answers.size();
            answers.resize(start + batch.size());
            settle_batch(session, batch, now, std::span(answers).subspan(start));
            for (std::size_t i = 0; i < batch.size(); ++i)
                if (answers[start + i].accepted)
                    follow_ups.insert(follow_ups.end(), batch[i].follow_ups().begin(),
                                      batch[i].follow_ups().end());
        });
    if (follow_ups.empty()) return;
    std::vector<Submitted> submitted;
    submit(session, follow_ups, now, submitted);
}

void PostgresqlDialect::claim(Session& session, std::string_view queue, std::size_t limit,
                              const ClaimRequest& request, Timestamp now,
                              std::vector<ClaimedJob>& answers) const {
    ClaimOrder found;
    session.query(postgresql::claim)
        .for_each([&](Row row) { found.add(row); }, request.worker, now, now + request.lease_for,
                  queue, limit);
    found.move_to(answers);
}

void PostgresqlDialect::renew(Session& session, std::span<const Heartbeat> heartbeats,
                              Duration lease_for, Timestamp now,
                              std::vector<Renewal>& answers) const {
    const auto id_of = [](const Heartbeat& one) { return one.lease.id; };
    in_batches(heartbeats, id_of, [&](std::span<const Heartbeat> batch) {
        PostgresqlArray ids, fences, percents, messages;
        const auto order = order_of_locking(batch, id_of);
        for (const std::size_t i : order) {
            const auto& [lease, progress] = batch[i];
            ids.add(lease.id.text());
            fences.add(lease.fence);
            percents.add(progress ? progress->percent : -1);
            messages.add(std::string_view(progress ? progress->message : ""));
        }
        const auto start = answers.size();
        answers.resize(start + batch.size());
        session.query(postgresql::extend)
            .for_each(
                [&](Row row) {
                    const auto number = static_cast<std::size_t>(row.number());
                    answers[start + order[number - 1]] = {true, !row.next_is_null()};
                },
                now + lease_for, now, ids.text(), fences.text(), percents.text(), messages.text());
    });
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

std::vector<Rescued> PostgresqlDialect::rescue(Session& session, std::size_t limit, int crash_limit,
                                               Timestamp now) const {
    std::vector<Rescued> rescued;
    session.query(postgresql::rescue)
        .for_each(
            [&](Row row) {
                Rescued one;
                one.id = read_id(row);
                one.queue = row.take_text();
                one.status = read_status(row);
                rescued.push_back(std::move(one));
            },
            now, crash_limit, to_text(worker_lost()), limit);
    return rescued;
}

std::size_t PostgresqlDialect::purge(Session& session, std::size_t limit, Timestamp now) const {
    return session.query(postgresql::purge).change(now, limit);
}

std::optional<Dialect::State> PostgresqlDialect::lock(Session& session, const JobId& id) const {
    std::optional<State> state;
    session.query(postgresql::lock)
        .for_first(
            [&](Row row) {
                const JobStatus status = read_status(row);
                state = {status, !row.next_is_null()};
            },
            id);
    return state;
}

bool PostgresqlDialect::restart(Session& session, const JobId& id, Timestamp now) const {
    return session.query(postgresql::restart).change(now, id) == 1;
}

void PostgresqlDialect::set_paused(Session& session, std::string_view queue, bool paused,
                                   Timestamp now) const {
    session.query(postgresql::set_paused).change(queue, paused ? 1 : 0, now);
}

} // namespace asyncjobs::soci_adapter
