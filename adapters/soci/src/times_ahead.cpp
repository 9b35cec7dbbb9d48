#include "times_ahead.hpp"

#include "job_row.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr Sql newest_change = {
    "SELECT :now, (SELECT updated_at FROM jobs ORDER BY id DESC LIMIT 1)", "ii"};
constexpr Sql kept_time = {"SELECT latest FROM job_clock WHERE id = 1", "i"};
constexpr Sql write_time = {"UPDATE job_clock SET latest = :now WHERE id = 1"
                            " AND (latest < :now OR latest > :now + :tolerance)"};

constexpr const char* after_all_ids = "~";
constexpr Sql last_of_piece = {
    "SELECT id FROM jobs WHERE id > :after ORDER BY id LIMIT 1 OFFSET 999", "t"};
constexpr Sql latest_of_piece = {
    "SELECT :now, (SELECT max(updated_at) FROM jobs WHERE id > :after AND id <= :last"
    " AND updated_at > :now)",
    "ii"};

#define ASYNCJOBS_MOVED_BACK(column)                                                               \
    " " column " = CASE WHEN " column " <= updated_at + :by THEN " column " - :by ELSE " column    \
    " END,"
// MySQL sees in a row what was assigned to it before: so updated_at comes last.
#define ASYNCJOBS_MOVE_BACK                                                                        \
    "UPDATE jobs SET" ASYNCJOBS_MOVED_BACK("run_at") ASYNCJOBS_MOVED_BACK("not_before")            \
        ASYNCJOBS_MOVED_BACK(                                                                      \
            "deadline") " expires_at = expires_at - :by,"                                          \
                        " updated_at = updated_at - :by"                                           \
                        " WHERE id > :after AND id <= :last AND updated_at > :now"
constexpr Sql move_all_back = {ASYNCJOBS_MOVE_BACK};
constexpr Sql move_unleased_back = {ASYNCJOBS_MOVE_BACK " AND status <> 'processing'"};

/// Where they stand in the line of a limit.
constexpr Sql move_waiting_back = {"UPDATE job_waiting SET queued_at = queued_at - :by"
                                   " WHERE job > :after AND job <= :last AND queued_at > :now"};

/// The range is for the index; what is in it decides by how long the lease was given for, which is
/// the same whoever does it, and however often.
constexpr Sql shorten = {"UPDATE jobs SET lease_expires_at = :now + lease_for"
                         " WHERE status = 'processing' AND lease_expires_at > :now"
                         " AND lease_expires_at > :now + lease_for"};

} // namespace

StoreClock::Look read_clock(Session& session, bool keeps_time, CallTime now) {
    StoreClock::Look found;
    session.query(newest_change)
        .for_first(
            [&](Row row) {
                found.now = row.time();
                found.newest = row.optional_time();
            },
            now);
    if (keeps_time) session.query(kept_time).for_first([&](Row row) { found.kept = row.time(); });
    return found;
}

void keep_time(Session& session, CallTime now) {
    session.query(write_time).change(now, StoreClock::tolerance);
}

PieceOfJobs read_ahead(Session& session, const std::string& after, CallTime now) {
    PieceOfJobs piece{.after = after, .last = after_all_ids};
    piece.is_end = !session.query(last_of_piece)
                        .for_first([&](Row row) { piece.last = row.take_text(); }, after);
    session.query(latest_of_piece)
        .for_first(
            [&](Row row) {
                const Timestamp present = row.time();
                if (const auto latest = row.optional_time()) piece.ahead = *latest - present;
            },
            now, after, piece.last);
    return piece;
}

void move_back(Session& session, const PieceOfJobs& jobs, Duration by, bool with_leases,
               CallTime now) {
    session.query(with_leases ? move_all_back : move_unleased_back)
        .change(by, jobs.after, jobs.last, now);
    session.query(move_waiting_back).change(by, jobs.after, jobs.last, now);
}

void shorten_leases(Session& session, CallTime now) { session.query(shorten).change(now); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
