#pragma once

#include "dialect.hpp"
#include "json_rows.hpp"

#include <asyncjobs/limit_lines.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// An exchange that claims under limits.
///
/// Whoever claims under a limit holds its row in job_limits until the transaction ends: what it
/// reads of the lines stays true that long. Places are not counted but looked at: one whose lease
/// is over is free, in whatever way it ended. A job that finds no place is put back as if it had
/// not been claimed, and waits in job_waiting, due at the end of time.
class LimitedExchange {
public:
    /// In a transaction that writes, for a request that wants jobs. Borrows all but the time.
    LimitedExchange(Session& session, const Dialect& dialect,
                    std::span<const Settlement> settlements, const ClaimRequest& request,
                    CallTime now);

    Exchange run();

private:
    struct Claimed;

    LimitsOfClaim limits_of_claim() const {
        return LimitsOfClaim(limits_, request_.limits, request_.worker);
    }
    void read_limits();
    void read_places();
    void claim();
    std::size_t turns_each() const;
    void sort_out(std::vector<ClaimedJob> found);
    void read_lines(std::span<const Claimed> jobs);
    bool try_to_start(Claimed& job);
    void stop_waiting(const std::vector<JobId>& ids);
    void call_waiting();
    struct Waiting {
        LimitedJob job;
        std::string queue;
    };
    std::vector<Waiting> next_waiting(const std::string& line, std::size_t count);
    void write_lines();
    void leave_open();
    Timestamp back_of_queue() { return back_ += Duration{1}; }

    Session& session_;
    const Dialect& dialect_;
    const LimitStatements& sql_;
    const std::span<const Settlement> settlements_;
    const ClaimRequest& request_;
    CallTime time_;
    Timestamp now_ = {};
    Timestamp back_ = {}; ///< the last in any queue that are due
    std::string queues_;  ///< of the request, as rows

    std::vector<Limit> limits_;
    std::map<std::string, LimitLine> lines_;
    std::map<std::string, const Limit*> kept_; ///< lines that have a rate, or turns, and were read
    std::set<std::string> still_open_; ///< in which those waited for whom this does not claim
    std::set<std::string> open_;       ///< lines that may have to call somebody
    std::size_t turns_ = 1;            ///< that an owner may have before others come
    bool has_called_ = false;
    std::optional<Timestamp> next_at_; ///< when the first of those who were given a time is due
    Exchange answer_;

    // What is to be written of the jobs that were found.
    JsonRows left_, places_, waiting_, put_back_;
};

/// See JobStore::set_limit().
void set_limit(Session& session, const Dialect& dialect, const Limit& limit, CallTime now);

std::vector<Limit> read_limits(Session& session);

/// Deletes what lines have left behind; of the jobs that wait, some of those after `job`. Returns
/// the last of these, and nothing after the last of all.
std::string forget_idle_lines(Session& session, const Dialect& dialect, const std::string& job,
                              CallTime now);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
