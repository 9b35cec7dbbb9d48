#include "store/sql_operator_store.hpp"

#include "db/json_rows.hpp"
#include "statements/statements.hpp"

#include <asyncjobs/store/operator_helpers.hpp>

#include <tuple>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

TallyOutcome read_outcome(std::string_view text) {
    const auto outcome = parse_tally_outcome(text);
    if (!outcome) throw Error(Errc::store_failure, "the store has a tally of an unknown outcome");
    return *outcome;
}

void read_times(Row& row, TimeHistogram& times) {
    for (std::uint64_t& count : times.counts) count = static_cast<std::uint64_t>(row.number());
    times.sum = row.duration();
}

/// Of columns::tally.
Tally read_tally(Row row) {
    Tally tally;
    tally.key.start = row.time();
    tally.key.queue = row.take_text();
    tally.key.type = row.take_text();
    tally.key.outcome = read_outcome(row.text());
    tally.key.error_code = row.take_text();
    tally.count = static_cast<std::uint64_t>(row.number());
    read_times(row, tally.waited);
    read_times(row, tally.ran);
    return tally;
}

/// Of a period.
struct TallyRow {
    TallyPeriod period;
    Tally tally;
};

void add_row(JsonRows& rows, const TallyRow& row) {
    const auto& [period, tally] = row;
    const auto& [start, queue, type, outcome, error_code] = tally.key;
    const auto columns = std::tuple_cat(
        std::tuple(to_string(period), start, std::string_view(queue), std::string_view(type),
                   to_string(outcome), std::string_view(error_code), tally.count),
        tally.waited.counts, std::tuple(tally.waited.sum), tally.ran.counts,
        std::tuple(tally.ran.sum));
    std::apply([&](const auto&... column) { rows.add(column...); }, columns);
}

/// The tallies of all periods in the order of the primary key, in which every heartbeat locks them:
/// `day`, `hour`, `minute`.
std::vector<TallyRow> rows_of_all_periods(std::span<const Tally> minutes) {
    std::vector<TallyRow> rows;
    for (auto period = tally_periods.rbegin(); period != tally_periods.rend(); ++period)
        for (Tally& tally : tallies_of(*period, minutes))
            rows.push_back({*period, std::move(tally)});
    return rows;
}

} // namespace

void SqlJobStore::Operators::add_tallies(Session& session, std::span<const Tally> minutes) {
    in_rows(rows_of_all_periods(minutes), add_row, [&](const std::string& rows) {
        session.query(sql().fleet.add_tallies).add_change(rows);
    });
}

HistoryPage SqlJobStore::Operators::history(const HistoryQuery& query) {
    validate(query);
    const bool continues = query.after && query.after->start >= query.since;
    // No key has empty names: it comes before all of its start.
    const TallyKey position = continues ? *query.after : TallyKey{.start = query.since};
    const std::string_view outcome = continues ? to_string(position.outcome) : "";
    return store_.transact(Access::reading, [&](Session& session, CallTime) {
        HistoryPage page;
        std::size_t looks = 0;
        TallyKey last;
        const auto look = [&](Row row) {
            if (looks++ == query.limit) {
                page.next = last;
                return;
            }
            Tally tally = read_tally(row);
            last = tally.key;
            if (matches(tally.key, query)) page.tallies.push_back(std::move(tally));
        };
        session.query(sql().fleet.tallies)
            .for_each(look, to_string(query.period), query.until, position.start, position.queue,
                      position.type, outcome, position.error_code, query.limit + 1);
        return page;
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
