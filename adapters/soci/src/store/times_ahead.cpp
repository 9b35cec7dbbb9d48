#include "store/times_ahead.hpp"

#include "statements/shared_statements.hpp"
#include "store/job_row.hpp"

#include <asyncjobs/store/limit_buckets.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

StoreClock::Look read_clock(Session& session, bool keeps_time, CallTime now) {
    StoreClock::Look found;
    session.query(shared::sql.newest_change)
        .for_first(
            [&](Row row) {
                found.now = row.time();
                found.newest = row.optional_time();
            },
            now);
    if (keeps_time)
        session.query(shared::kept_clock.kept_time).for_first([&](Row row) {
            found.kept = row.time();
        });
    return found;
}

void keep_time(Session& session, CallTime now) {
    session.query(shared::kept_clock.write_time).change(now, StoreClock::tolerance);
}

PieceOfJobs look_at_piece(Session& session, const std::string& after, CallTime now) {
    PieceOfJobs piece{.after = after, .last = std::string(after_all_ids)};
    piece.is_end = !session.query(shared::sql.last_of_piece)
                        .for_first([&](Row row) { piece.last = row.take_text(); }, after);
    session.query(shared::sql.look_at_piece)
        .for_first(
            [&](Row row) {
                const Timestamp present = row.time();
                if (const auto latest = row.optional_time()) piece.ahead = *latest - present;
                piece.has_waiting = !row.next_is_null();
            },
            now, after, piece.last);
    return piece;
}

void move_back(Session& session, const PieceOfJobs& jobs, Duration by, bool with_leases,
               CallTime now) {
    session.query(with_leases ? shared::sql.move_all_back : shared::sql.move_unleased_back)
        .change(by, jobs.after, jobs.last, now);
    session.query(shared::sql.move_waiting_back).change(by, jobs.after, jobs.last, now);
}

void shorten_leases(Session& session, CallTime now) {
    session.query(shared::sql.shorten).change(now);
}

void end_waits(Session& session, const PieceOfJobs& jobs, CallTime now) {
    session.query(shared::sql.end_waits).change(now, jobs.after, jobs.last, never_due);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
