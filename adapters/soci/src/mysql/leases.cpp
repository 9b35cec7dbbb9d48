#include "mysql/batch.hpp"
#include "mysql/dialect.hpp"
#include "mysql/statements.hpp"
#include "store/each_job_once.hpp"
#include "store/job_row.hpp"

#include <asyncjobs/store/store_helpers.hpp>
#include <asyncjobs/store/transitions.hpp>

#include <algorithm>
#include <iterator>
#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

using Kind = Settlement::Kind;

/// Values to write to some jobs, in the order of their ids: two transactions that lock the same
/// jobs then never wait for one another.
template <typename Item>
class JobValues {
public:
    template <typename IdOf>
    JobValues(std::vector<const Item*> items, IdOf id_of) : items_(std::move(items)) {
        for (const Item* item : items_) ids_.push_back(id_of(*item));
    }

    Expression these() const { return literals_of(ids_); }
    std::span<const JobId> ids() const noexcept { return ids_; }
    const std::vector<const Item*>& items() const noexcept { return items_; }

    template <typename NumberOf>
    Expression numbers(NumberOf number_of) const {
        return literals([&](const Item& item) { return std::to_string(number_of(item)); });
    }
    template <typename LiteralOf>
    Expression literals(LiteralOf literal_of_item) const {
        std::vector<std::string> literals;
        for (const Item* item : items_) literals.push_back(literal_of_item(*item));
        return by_id(ids_, literals);
    }

private:
    std::vector<const Item*> items_;
    std::vector<JobId> ids_;
};

JobId id_of_settlement(const Settlement& one) { return one.lease().id; }
JobId id_of_heartbeat(const Heartbeat& one) { return one.lease.id; }

std::size_t size_of(const Settlement& one) {
    std::size_t size = one.progress() ? one.progress()->message.size() : 0;
    if (one.kind() == Kind::completed) size += inlined_size(one.result().text());
    if (transitions::records_error(one.kind())) size += inlined_size(to_text(one.error()));
    return size;
}

/// Calls `each(chunk)` with the items in the order of their job ids, as many at once as one
/// statement takes. The items name a job once.
template <typename Item, typename IdOf, typename SizeOf, typename Each>
void in_chunks(const MysqlSession& session, std::span<const Item> all, IdOf id_of, SizeOf size_of,
               Each each) {
    std::vector<const Item*> sorted, chunk;
    for (const Item& item : all) sorted.push_back(&item);
    std::ranges::sort(sorted, {}, [&](const Item* item) { return id_of(*item); });
    std::size_t bytes = 0;
    for (const Item* item : sorted) {
        chunk.push_back(item);
        bytes += size_of(*item);
        if (chunk.size() < max_batch_rows && bytes <= max_batch_bytes(session)) continue;
        each(std::exchange(chunk, {}));
        bytes = 0;
    }
    if (!chunk.empty()) each(std::move(chunk));
}

/// Writes settlements in chunks that name a job once.
class Settling {
public:
    Settling(MysqlSession& session, const Dialect& dialect, CallTime now,
             std::span<const Settlement> settlements, Exchange& result)
        : session_(session), dialect_(dialect), now_(now), settlements_(settlements),
          exchange_(result), start_(result.settled.size()) {
        exchange_.settled.resize(start_ + settlements.size());
    }

    void add_to(MysqlBatch& batch) {
        in_batches(settlements_, id_of_settlement, [&](std::span<const Settlement> some) {
            in_chunks(
                session_, some, id_of_settlement, size_of,
                [&](std::vector<const Settlement*> chunk) { add_chunk(batch, std::move(chunk)); });
        });
    }

    /// Adds the texts that were too long for a chunk, of the accepted settlements.
    void add_long_texts_to(MysqlBatch& batch) {
        for (const auto& chunk : chunks_) {
            for (const Settlement* one : chunk->items)
                if (!settled_of(*one).accepted) chunk->texts.forget(id_of_settlement(*one));
            chunk->texts.write(session_, batch);
        }
    }

private:
    struct Chunk {
        std::vector<const Settlement*> items; ///< by their ids
        LongTexts texts = {};
        std::vector<std::unique_ptr<std::string>> errors = {};
    };

    Settled& settled_of(const Settlement& one) {
        return exchange_.settled[start_ + static_cast<std::size_t>(&one - settlements_.data())];
    }

    void add_chunk(MysqlBatch& batch, std::vector<const Settlement*> items) {
        Chunk& chunk = *chunks_.emplace_back(std::make_unique<Chunk>());
        chunk.items = items;
        const JobValues<Settlement> all(std::move(items), id_of_settlement);
        const auto wanted =
            all.literals([&](const Settlement& one) { return literal(wanted_status(one)); });
        batch.add(
            mysql::sql.lock_settled, [this, &chunk](Row row) { accept(chunk, row); }, wanted,
            all.these(), fences_of(all));
        for (const std::string_view status : {"completed", "failed", "cancelled", "pending"}) {
            std::vector<const Settlement*> some;
            std::ranges::copy_if(chunk.items, std::back_inserter(some), [&](const Settlement* one) {
                return wanted_status(*one) == status;
            });
            if (!some.empty()) add_update(batch, chunk, {std::move(some), id_of_settlement});
        }
    }

    void accept(const Chunk& chunk, Row row) {
        const JobId id = read_id(row);
        const auto found = std::ranges::lower_bound(
            chunk.items, id, {}, [](const Settlement* one) { return id_of_settlement(*one); });
        Settled& settled = settled_of(**found);
        settled = {true, read_status(row)};
        if (row.number() == 1 && is_finished(settled.status)) exchange_.needs_promotion = true;
        if (settled.status != JobStatus::pending || !(*found)->keeps_place()) return;
        const std::string queue = row.take_text();
        dialect_.lower_watermark(queue, row.time());
    }

    void add_update(MysqlBatch& batch, Chunk& chunk, const JobValues<Settlement>& jobs) {
        const auto message_of = [&](const Settlement& one) {
            return literal(one.progress() ? one.progress()->message : std::string_view());
        };
        const auto percent_of = [](const Settlement& one) {
            return one.progress() ? one.progress()->percent : -1;
        };
        const auto result_of = [&](const Settlement& one) {
            if (one.kind() != Kind::completed) return literal({});
            return literal(chunk.texts.inlined(mysql::sql.append_to_result, id_of_settlement(one),
                                               one.result().text()));
        };
        const auto error_of = [&](const Settlement& one) {
            if (!transitions::records_error(one.kind())) return literal({});
            auto& text =
                chunk.errors.emplace_back(std::make_unique<std::string>(to_text(one.error())));
            return literal(
                chunk.texts.inlined(mysql::sql.append_to_error, id_of_settlement(one), *text));
        };
        const auto entry_of = [&](const Settlement& one) {
            if (!transitions::records_error(one.kind())) return literal({});
            return literal(attempt_entry(one.error()));
        };
        batch.add_change(mysql::sql.settle, wanted_status(*jobs.items().front()),
                         jobs.numbers(percent_of), jobs.literals(message_of),
                         jobs.literals(result_of), jobs.literals(error_of), jobs.literals(entry_of),
                         now_,
                         jobs.numbers([](const Settlement& one) { return one.delay().count(); }),
                         jobs.numbers([](const Settlement& one) {
                             return one.kind() == Kind::released ? 1 : 0;
                         }),
                         jobs.these(), fences_of(jobs));
    }

    static Expression fences_of(const JobValues<Settlement>& jobs) {
        return jobs.numbers([](const Settlement& one) { return one.lease().fence; });
    }
    std::string literal(std::optional<std::string_view> text) const {
        return literal_of(session_, text);
    }

    MysqlSession& session_;
    const Dialect& dialect_;
    const CallTime now_;
    const std::span<const Settlement> settlements_;
    Exchange& exchange_;
    const std::size_t start_;
    std::vector<std::unique_ptr<Chunk>> chunks_;
};

bool has_follow_ups(const Settlement& one) { return !one.follow_ups().empty(); }

void end_batch(MysqlSession& session, MysqlBatch& batch) {
    if (session.commits_last_batch())
        batch.commit();
    else
        batch.run();
}

/// Requires that the lease is held.
void add_step(MysqlSession& session, MysqlBatch& batch, const LeaseRef& lease, const Step& step) {
    const std::string_view result = step.result.text();
    const bool is_long = result.size() > max_inline;
    batch.add_change(mysql::sql.store.add_step, step.name, is_long ? std::string_view() : result,
                     lease.id, lease.fence);
    // A repeated step is complete already.
    if (is_long && batch.run() == 1)
        in_pieces(session, result, [&](std::string_view piece) {
            batch.add_change(mysql::sql.append_to_step, piece, lease.id, step.name);
        });
    batch.add_change(mysql::sql.store.count_step, lease.id, lease.fence, step.name);
}

} // namespace

void MysqlDialect::settle(Session& session, std::span<const Settlement> settlements, CallTime now,
                          Exchange& result) const {
    if (settlements.empty()) return;
    auto& own = MysqlSession::of(session);
    const auto start = result.settled.size();
    MysqlBatch& batch = own.batch();
    Settling settling(own, *this, now, settlements, result);
    settling.add_to(batch);
    batch.run();
    settling.add_long_texts_to(batch);
    batch.run();
    std::vector<NewJob> follow_ups;
    for (std::size_t i = 0; i < settlements.size(); ++i)
        if (result.settled[start + i].accepted)
            follow_ups.insert(follow_ups.end(), settlements[i].follow_ups().begin(),
                              settlements[i].follow_ups().end());
    std::vector<Submitted> submitted;
    submit(session, follow_ups, now, submitted);
}

void MysqlDialect::exchange(Session& session, std::span<const Settlement> settlements,
                            const ClaimRequest& request, CallTime now, Exchange& result) const {
    auto& own = MysqlSession::of(session);
    if (std::ranges::any_of(settlements, has_follow_ups)) {
        own.keep_open();
        settle(session, settlements, now, result);
        settlements = {};
    }
    if (settlements.empty() && request.limit == 0) return;

    MysqlBatch& batch = own.batch();
    Settling settling(own, *this, now, settlements, result);
    MysqlClaim claim(request, now, watermarks_, filled_);
    settling.add_to(batch);
    claim.search(batch);
    do {
        batch.run();
    } while (claim.search(batch));
    settling.add_long_texts_to(batch);
    claim.take(batch);
    claim.read_steps(own);
    end_batch(own, batch);
    claim.move_to(result);
}

void MysqlDialect::renew(Session& session, std::span<const Heartbeat> heartbeats,
                         Duration lease_for, CallTime now, std::vector<Renewal>& renewals) const {
    auto& own = MysqlSession::of(session);
    const std::size_t start = renewals.size();
    renewals.resize(start + heartbeats.size());
    MysqlBatch& batch = own.batch();
    const auto extend = [&](std::vector<const Heartbeat*> some) {
        const JobValues<Heartbeat> jobs(some, id_of_heartbeat);
        const auto fences = jobs.numbers([](const Heartbeat& one) { return one.lease.fence; });
        const auto kept = [&, some = std::move(some)](Row row) {
            const JobId id = read_id(row);
            const auto found = std::ranges::lower_bound(
                some, id, {}, [](const Heartbeat* one) { return one->lease.id; });
            const auto number = static_cast<std::size_t>(*found - heartbeats.data());
            renewals[start + number] = {true, !row.next_is_null()};
        };
        batch.add(mysql::sql.lock_held, kept, jobs.these(), fences);
        const auto percent_of = [](const Heartbeat& one) {
            return one.progress ? one.progress->percent : -1;
        };
        const auto message_of = [&](const Heartbeat& one) {
            return literal_of(own, one.progress ? one.progress->message : std::string_view());
        };
        const auto started_of = [](const Heartbeat& one) { return one.started ? 1 : 0; };
        batch.add_change(mysql::sql.extend, now, lease_for, jobs.numbers(percent_of),
                         jobs.literals(message_of), jobs.numbers(started_of), jobs.these(), fences);
    };
    const auto size_of_message = [](const Heartbeat& one) {
        return one.progress ? one.progress->message.size() : 0;
    };
    in_batches(heartbeats, id_of_heartbeat, [&](std::span<const Heartbeat> some) {
        in_chunks(own, some, id_of_heartbeat, size_of_message, extend);
    });
    batch.run();
    for (std::size_t i = 0; i < heartbeats.size(); ++i)
        if (heartbeats[i].step && renewals[start + i].kept)
            add_step(own, batch, heartbeats[i].lease, *heartbeats[i].step);
    end_batch(own, batch);
}

std::vector<Rescued> MysqlDialect::rescue(Session& session, Timestamp watermark, std::size_t limit,
                                          int crash_limit, CallTime now) const {
    std::vector<Rescued> rescued;
    std::vector<JobId> ids;
    session.query(mysql::sql.find_expired)
        .for_each(
            [&](Row row) {
                Rescued& one = rescued.emplace_back();
                one.id = read_id(row);
                one.queue = row.take_text();
                one.status = read_status(row);
                ids.push_back(one.id);
                if (const auto place = row.optional_time()) lower_watermark(one.queue, *place);
            },
            crash_limit, watermark, now, limit);
    std::ranges::sort(ids);
    MysqlBatch& batch = MysqlSession::of(session).batch();
    in_lists(ids, [&](const Expression& these) {
        batch.add_change(mysql::sql.rescue, crash_limit, to_text(worker_lost()), now,
                         attempt_entry(worker_lost()), these);
    });
    end_batch(MysqlSession::of(session), batch);
    return rescued;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
