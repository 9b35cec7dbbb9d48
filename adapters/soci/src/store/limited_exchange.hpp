#pragma once

#include "db/json_rows.hpp"
#include "store/dialect.hpp"
#include "watermarks/look_size.hpp"

#include <asyncjobs/store/limit_buckets.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A row of job_slots, and the state of its job.
struct LimitPlace {
    std::string bucket;
    JobId job;
    std::int64_t fence = 0;
    std::optional<Timestamp> admitted_at = {};
    std::optional<std::string> status = {}; ///< of the job, if it exists
    std::int64_t job_fence = 0;
    Timestamp job_run_at = {};
};

/// An exchange that claims under limits.
///
/// A claim under a limit locks its row in job_limits until the transaction ends: the buckets that
/// it reads stay unchanged that long. Places are not counted but checked: a place is free once its
/// lease has ended, however it ended.
///
/// Candidates are the due jobs of the queues, and the jobs that wait in buckets with a free place
/// or a start that their rate allows; merged in the order of the claim. A job that starts is
/// claimed. A job without a place waits in job_waiting, due at the end of time, and is otherwise
/// unchanged.
class LimitedExchange {
public:
    /// For a writing transaction and a request for at least one job. Borrows its arguments.
    LimitedExchange(Session& session, const Dialect& dialect,
                    std::span<const Settlement> settlements, const ClaimRequest& request,
                    LookSize& look_size, CallTime now);

    Exchange run();

private:
    static constexpr std::int64_t no_fence = 0; ///< of a job that was admitted

    /// A job that may be claimed.
    struct Candidate {
        DueJob job = {};
        std::string waits_in = {}; ///< the bucket; empty: none
        std::string reported = {}; ///< limits reported as throttling it, each followed by `=`
        bool has_row = false;      ///< in job_waiting; outside a bucket, only for `reported`
        bool is_due = false;       ///< in its queue
        std::vector<LimitedBy> under = {};
    };

    /// A bucket that may have a free place for waiting jobs.
    struct OpenBucket {
        std::string name;
        const Limit& limit;
        std::size_t count; ///< jobs that it may admit
        std::vector<Candidate> first = {};
        std::vector<JobId> stale = {}; ///< have changed since they began to wait
        bool is_known = false;         ///< these were read
    };

    using Looked = std::unordered_map<JobId, DueJob>;

    LimitsOfClaim limits_of_claim() const {
        return LimitsOfClaim(limits_, request_.limits, request_.worker);
    }
    // These add statements; the results are available after Session::run_added().
    void request_limits();
    void request_buckets(const std::set<std::string>& names);
    void request_first_of(OpenBucket& bucket);
    void request_jobs(std::span<const Candidate> jobs, Looked& found);

    void read_buckets_and_places();
    void look_at_places(std::span<LimitPlace> places);
    void keep(const std::string& name, const Limit& limit);
    void claim();
    Duration longest() const;
    bool claim_some(std::size_t most_due);

    std::size_t admitted_per_bucket() const;
    std::vector<Candidate> find_waiting();
    void find_first_of(std::span<OpenBucket> buckets);
    void stop_waiting(const std::vector<JobId>& ids);
    void admit_in_queue(const std::string& bucket, const std::vector<Candidate>& jobs);
    void add_waiting(std::vector<Candidate> admitted, Looked& looked);
    void find_waits(std::vector<Candidate>& due);
    void name_buckets_of(std::span<Candidate> jobs, std::set<std::string>& names);

    bool try_to_start(Candidate& job);
    void hold_back(Candidate& job, const LimitRefusal& refused);
    void keep_waiting(const Candidate& job, const std::string& bucket, bool is_news);
    void leave_place(const JobId& id);
    void take(const std::vector<DueJob>& started);
    void write();

    void write_buckets();
    Timestamp due_at(const Limit& limit, LimitBucket& bucket) const;
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
    Timestamp back_ = {}; ///< the last due time in any queue
    SteadyTime began_ = {};
    std::size_t throttled_ = 0; ///< due jobs
    std::string queues_;        ///< of the request, as rows

    std::vector<Limit> limits_;
    std::map<std::string, LimitBucket> buckets_;
    struct Kept {
        Timestamp next_at = {}, due_at = never_due;
        friend bool operator==(const Kept&, const Kept&) = default;
    };
    std::map<std::string, Kept> kept_;      ///< buckets that were read, as in job_buckets
    std::vector<std::string> open_;         ///< buckets that may have a free place
    std::set<std::string> still_open_;      ///< of these, with no job waiting in these queues
    std::vector<Candidate> waiting_;        ///< candidates for these places
    std::map<JobId, std::string> admitted_; ///< admitted jobs, with their buckets
    std::size_t admitted_each_ = 1;         ///< jobs that an owner may start before others
    Exchange result_;

    std::multimap<JobId, std::string> buckets_of_; ///< buckets in which started jobs take a place

    // Rows to write.
    JsonRows left_, places_, wait_, move_, queue_at_;
    std::vector<JobId> done_waiting_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
