#pragma once

#include "dialect.hpp"
#include "json_rows.hpp"
#include "look_size.hpp"

#include <asyncjobs/limit_lines.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A row of job_places, and what has become of its job.
struct LimitPlace {
    std::string line;
    JobId job;
    std::int64_t fence = 0;
    std::optional<Timestamp> called_at = {};
    std::optional<std::string> status = {}; ///< of the job, if it exists
    std::int64_t job_fence = 0;
    Timestamp job_run_at = {};
};

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
                    LookSize& look_size, CallTime now);

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

    /// A line that may have a place for those who wait in it.
    struct OpenLine {
        std::string name;
        const Limit& limit;
        std::size_t count; ///< may come
        std::vector<Candidate> first = {};
        std::vector<JobId> gone = {};
        bool is_known = false; ///< who these are
    };

    using Looked = std::unordered_map<JobId, DueJob>;

    LimitsOfClaim limits_of_claim() const {
        return LimitsOfClaim(limits_, request_.limits, request_.worker);
    }
    // What is asked for is known once the session has run what was added.
    void ask_for_limits();
    void ask_for_lines(const std::set<std::string>& names);
    void ask_for_first_of(OpenLine& line);
    void ask_for(std::span<const Candidate> jobs, Looked& found);

    void read_lines_and_places();
    void look_at_places(std::span<LimitPlace> places);
    void keep(const std::string& name, const Limit& limit);
    void claim();
    Duration longest() const;
    bool claim_some(std::size_t most_due);

    std::size_t turns_each() const;
    std::vector<Candidate> find_waiting();
    void find_first_of(std::span<OpenLine> lines);
    void stop_waiting(const std::vector<JobId>& ids);
    void call_to_turn(const std::string& line, const std::vector<Candidate>& jobs);
    void add_waiting(std::vector<Candidate> called, Looked& looked);
    void find_waits(std::vector<Candidate>& due);
    void name_lines_of(std::span<Candidate> jobs, std::set<std::string>& names);

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
    LookSize& look_size_;
    CallTime time_;
    Timestamp now_ = {};
    Timestamp back_ = {}; ///< the last in any queue that are due
    SteadyTime began_ = {};
    std::size_t held_back_ = 0; ///< due jobs
    std::string queues_;        ///< of the request, as rows

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
