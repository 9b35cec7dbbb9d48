#pragma once

#include "dialect.hpp"
#include "json_rows.hpp"

#include <asyncjobs/limit_lines.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// An exchange that claims under limits.
///
/// Whoever claims under a limit holds its row in job_limits until the transaction ends: what it
/// reads of the lines stays true that long. Places are not counted but looked at: one whose lease
/// is over is free, in whatever way it ended.
///
/// Candidates are the due jobs of the queues, and those that wait in lines that have a place or may
/// start one by their rate; together in the order of the claim. Who starts is claimed. Who finds no
/// place waits in job_waiting, due at the end of time, and is not changed otherwise.
class LimitedExchange {
public:
    /// In a transaction that writes, for a request that wants jobs. Borrows all but the time.
    LimitedExchange(Session& session, const Dialect& dialect,
                    std::span<const Settlement> settlements, const ClaimRequest& request,
                    CallTime now);

    Exchange run();

private:
    static constexpr std::int64_t no_fence = 0; ///< of a job that was called

    /// A job that may be claimed.
    struct Candidate {
        DueJob job = {};
        std::string waits_in = {}; ///< the line; empty: in none
        std::string told = {};     ///< limits that have held it back, each with `=` behind it
        bool has_row = false;      ///< in job_waiting; where it waits in no line, for `told` alone
        bool is_due = false;       ///< stands in its queue
        std::vector<LimitedBy> under = {};
    };

    LimitsOfClaim limits_of_claim() const {
        return LimitsOfClaim(limits_, request_.limits, request_.worker);
    }
    void read_limits();
    void read_places();
    void read_due_lines();
    void read_lines(const std::set<std::string>& names);
    void keep(const std::string& name, const Limit& limit);
    void claim();
    bool claim_some(std::size_t most_due, std::size_t& held_back);

    std::size_t turns_each() const;
    void find_waiting();
    std::vector<Candidate> next_waiting(const std::string& line, std::size_t count);
    void stop_waiting(const std::vector<JobId>& ids);
    void call_to_turn(const std::string& line, const std::vector<Candidate>& jobs);
    std::unordered_map<JobId, DueJob> look(const std::vector<JobId>& ids);
    void look_at_waiting(std::vector<Candidate> jobs);
    void find_waits(std::vector<Candidate>& due);

    void read_lines_of(std::span<Candidate> jobs);
    bool try_to_start(Candidate& job);
    void hold_back(Candidate& job, const LimitRefusal& refused);
    void keep_waiting(const Candidate& job, const std::string& line, bool is_news);
    void leave_turn(const JobId& id);
    void take(const std::vector<DueJob>& started);
    void write();

    void write_lines();
    Timestamp due_at(const Limit& limit, LimitLine& line) const;
    std::optional<Duration> next_due() const;
    Timestamp back_of_queue() { return back_ += Duration{1}; }
    std::size_t place_of(const std::string& queue) const;

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
    struct Kept {
        Timestamp next_at = {}, due_at = never_due;
        friend bool operator==(const Kept&, const Kept&) = default;
    };
    std::map<std::string, Kept> kept_;    ///< lines that were read, as they are in job_lines
    std::vector<std::string> open_;       ///< lines that may have a place for those who wait
    std::set<std::string> still_open_;    ///< those of which nobody waits in these queues
    std::vector<Candidate> waiting_;      ///< who may come to these places
    std::map<JobId, std::string> called_; ///< to their turn, and by which line
    std::size_t turns_ = 1;               ///< that an owner may have before others come
    Exchange answer_;

    std::multimap<JobId, std::string> lines_of_; ///< in which those that may start take a place

    // What is to be written of the jobs that were looked at.
    JsonRows left_, places_, wait_, move_, queue_at_;
    std::vector<JobId> waits_no_more_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
