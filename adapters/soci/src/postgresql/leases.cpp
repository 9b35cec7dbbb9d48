#include "postgresql/array.hpp"
#include "postgresql/batch.hpp"
#include "postgresql/dialect.hpp"
#include "postgresql/searches.hpp"
#include "postgresql/statements.hpp"
#include "store/each_job_once.hpp"
#include "store/job_row.hpp"
#include "store/job_steps.hpp"

#include <asyncjobs/store/transitions.hpp>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Statements that lock the same jobs lock them in the same order: by id.
template <typename Item, typename IdOf>
std::vector<std::size_t> order_of_locking(std::span<const Item> items, IdOf id_of) {
    std::vector<std::size_t> order(items.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) { return id_of(items[i]); });
    return order;
}

/// Adds the settlements, no two of one job, to the batch.
void settle_in(PostgresqlBatch& batch, const Dialect& dialect,
               std::span<const Settlement> settlements, CallTime now, std::span<Settled> outcomes,
               bool& needs_promotion) {
    using Kind = Settlement::Kind;
    PostgresqlArray ids, fences, wanted, percents, messages, results, errors, entries, delays,
        refunds;
    auto order =
        order_of_locking(settlements, [](const Settlement& one) { return one.lease().id; });
    for (const std::size_t i : order) {
        const Settlement& one = settlements[i];
        const Kind kind = one.kind();
        ids.add(one.lease().id.text());
        fences.add(one.lease().fence);
        wanted.add(wanted_status(one));
        percents.add(one.progress() ? one.progress()->percent : -1);
        messages.add(std::string_view(one.progress() ? one.progress()->message : ""));
        if (kind == Kind::completed)
            results.add(one.result().text());
        else
            results.add_null();
        const bool has_error = transitions::records_error(kind);
        errors.add(has_error ? std::optional(to_text(one.error())) : std::nullopt);
        entries.add(has_error ? std::optional(attempt_entry(one.error())) : std::nullopt);
        delays.add(one.delay().count());
        refunds.add(kind == Kind::released ? 1 : 0);
    }
    const auto accepted = [&dialect, outcomes, &needs_promotion,
                           order = std::move(order)](Row row) {
        const auto number = static_cast<std::size_t>(row.number());
        Settled& one = outcomes[order[number - 1]];
        one = {true, read_status(row)};
        if (row.number() == 1 && is_finished(one.status)) needs_promotion = true;
        if (one.status != JobStatus::pending) return;
        const std::string queue = row.take_text();
        dialect.lower_watermark(queue, row.time());
    };
    batch.add(postgresql::sql.settle, accepted, now, ids.text(), fences.text(), wanted.text(),
              percents.text(), messages.text(), results.text(), errors.text(), entries.text(),
              delays.text(), refunds.text());
}

/// Adds all settlements, in one statement or a few.
void settle_all_in(PostgresqlBatch& batch, const Dialect& dialect,
                   std::span<const Settlement> settlements, CallTime now, Exchange& result) {
    std::size_t start = result.settled.size();
    result.settled.resize(start + settlements.size());
    in_batches(
        settlements, [](const Settlement& one) { return one.lease().id; },
        [&](std::span<const Settlement> some) {
            settle_in(batch, dialect, some, now,
                      std::span(result.settled).subspan(start, some.size()),
                      result.needs_promotion);
            start += some.size();
        });
}

/// A claim that was a batch of its own is already committed, so a fault must not cause a retry.
void read_claimed_steps(Session& session, std::span<ClaimedJob> claimed) {
    try {
        read_steps(session, postgresql::sql.rows, claimed);
    } catch (const soci::soci_error&) {
        if (!as_postgresql(session).commits_each_batch()) throw;
        throw Error(Errc::unknown_outcome,
                    "PostgreSQL: jobs were claimed, but their steps could not be read");
    }
}

} // namespace

void PostgresqlDialect::settle(Session& session, std::span<const Settlement> settlements,
                               CallTime now, Exchange& result) const {
    if (settlements.empty()) return;
    const auto start = result.settled.size();
    PostgresqlBatch batch(as_postgresql(session));
    settle_all_in(batch, *this, settlements, now, result);
    batch.run();
    std::vector<NewJob> follow_ups;
    for (std::size_t i = 0; i < settlements.size(); ++i)
        if (result.settled[start + i].accepted)
            follow_ups.insert(follow_ups.end(), settlements[i].follow_ups().begin(),
                              settlements[i].follow_ups().end());
    if (follow_ups.empty()) return;
    std::vector<Submitted> submitted;
    submit(session, follow_ups, now, submitted);
}

void PostgresqlDialect::exchange(Session& session, std::span<const Settlement> settlements,
                                 const ClaimRequest& request, CallTime now,
                                 Exchange& result) const {
    const bool has_follow_ups = std::ranges::any_of(
        settlements, [](const Settlement& one) { return !one.follow_ups().empty(); });
    if (has_follow_ups) {
        begin_write(session);
        settle(session, settlements, now, result);
        settlements = {};
    }
    if (settlements.empty() && request.limit == 0) return;

    PostgresqlBatch batch(as_postgresql(session));
    settle_all_in(batch, *this, settlements, now, result);
    if (request.limit == 0) {
        batch.run();
        return;
    }
    const auto began = steady_now();
    PostgresqlSearches searches(watermarks_, request.queues, began);
    PostgresqlArray queues;
    for (const std::string& queue : request.queues) queues.add(queue);
    ClaimOrder found(request.queues);
    std::optional<Duration> due_in;
    ClaimWatermarks::Findings findings;
    batch.add(
        postgresql::sql.claim, [&](Row row) { found.add(row); }, request.worker, now,
        request.lease_for, request.ahead ? 1 : 0, searches.names.text(), searches.from.text(),
        searches.to.text(), request.limit);
    batch.add(
        postgresql::sql.next_due_in,
        [&](Row row) {
            if (row.next_is_null())
                row.skip();
            else
                due_in = std::max(row.duration(), Duration::zero());
            findings.now = row.time();
            findings.took = row.duration();
        },
        now, queues.text());
    batch.run();

    // The server's work for the jobs themselves is not part of the search.
    constexpr Duration each_job_takes{50};
    findings.took -=
        each_job_takes * static_cast<Duration::rep>(settlements.size() + found.count());
    findings.took = std::max(findings.took, Duration::zero());
    findings.is_filled = found.count() == request.limit;
    searches.end(findings, steady_now(), [&](std::size_t queue) { return found.oldest(queue); });
    if (!findings.is_filled) result.next_due_in = due_in;
    found.move_to(result.claimed);
    read_claimed_steps(session, result.claimed);
}

std::size_t PostgresqlDialect::advance(Session& session, Timestamp watermark, std::size_t limit,
                                       CallTime now) const {
    const auto began = steady_now();
    std::size_t advanced = 0;
    session.query(postgresql::sql.store.advance)
        .for_each(
            [&](Row row) {
                const std::string queue = row.take_text();
                watermarks_.expect(queue, row.time(), began);
                ++advanced;
            },
            priority_step, watermark, now, limit);
    return advanced;
}

void PostgresqlDialect::renew(Session& session, std::span<const Heartbeat> heartbeats,
                              Duration lease_for, CallTime now,
                              std::vector<Renewal>& renewals) const {
    const auto id_of = [](const Heartbeat& one) { return one.lease.id; };
    std::size_t start = renewals.size();
    renewals.resize(start + heartbeats.size());
    PostgresqlBatch batch(as_postgresql(session));
    in_batches(heartbeats, id_of, [&](std::span<const Heartbeat> some) {
        PostgresqlArray ids, fences, percents, messages, starts;
        auto order = order_of_locking(some, id_of);
        for (const std::size_t i : order) {
            const auto& [lease, progress, step, started] = some[i];
            ids.add(lease.id.text());
            fences.add(lease.fence);
            percents.add(progress ? progress->percent : -1);
            messages.add(std::string_view(progress ? progress->message : ""));
            starts.add(started ? 1 : 0);
        }
        const auto kept = [&renewals, start, order = std::move(order)](Row row) {
            const auto number = static_cast<std::size_t>(row.number());
            renewals[start + order[number - 1]] = {true, !row.next_is_null()};
        };
        batch.add(postgresql::sql.extend, kept, now, lease_for, ids.text(), fences.text(),
                  percents.text(), messages.text(), starts.text());
        start += some.size();
    });
    for (const auto& [lease, progress, step, started] : heartbeats) {
        if (!step) continue;
        batch.add(
            postgresql::sql.store.add_step, [](Row) {}, step->name, step->result.text(), lease.id,
            lease.fence);
        batch.add(
            postgresql::sql.store.count_step, [](Row) {}, lease.id, lease.fence, step->name);
    }
    batch.run();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
