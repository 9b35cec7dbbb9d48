#pragma once

#include "db/json_rows.hpp"
#include "store/dialect.hpp"
#include "watermarks/look_size.hpp"

#include <asyncjobs/store/limit_engine.hpp>

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A row of job_slots, and the state of its job.
struct LimitSlot {
    std::string bucket;
    JobId job;
    std::int64_t fence = 0;
    std::optional<Timestamp> admitted_at = {};
    std::optional<std::string> status = {}; ///< of the job, if it exists
    std::int64_t job_fence = 0;
    Timestamp job_run_at = {};
};

/// An exchange that claims under limits: the rows of a LimitEngine.
///
/// A claim under a limit locks its row in job_limits until the transaction ends: the buckets that
/// it reads stay unchanged that long. Slots are not counted but checked: a slot is free once its
/// lease has ended, however it ended. A parked job has a row in job_waiting, is due at the end of
/// time, and is otherwise unchanged.
class LimitedExchange final : private LimitPort {
public:
    /// For a writing transaction and a request for at least one job. Borrows its arguments.
    LimitedExchange(Session& session, const Dialect& dialect,
                    std::span<const Settlement> settlements, const ClaimRequest& request,
                    LookSize& look_size, CallTime now);

    Exchange run();

private:
    static constexpr std::int64_t no_fence = 0; ///< of a job that was admitted

    std::vector<std::string> begin(LimitBuckets& buckets) override;
    Timestamp back_of_queue() override { return back_; }
    void read(std::span<LimitCandidate> jobs, const std::set<std::string>& names,
              LimitBuckets& buckets) override;
    void find_waiting(const std::set<std::string>& names, LimitBuckets& buckets) override;
    void find_parked(std::span<OpenBucket> buckets) override;
    std::vector<LimitCandidate> find_due(std::size_t count, Timestamp until,
                                         std::vector<LimitCandidate>& parked) override;
    std::vector<ClaimedJob> apply(std::span<const LimitCandidate> jobs) override;
    void save(const std::string& name, const StoredBucket& bucket) override;
    std::optional<Duration> next_due(const LimitsOfClaim& limits) override;

    LimitsOfClaim limits_of_claim() const {
        return LimitsOfClaim(limits_, request_.limits, request_.worker);
    }
    Duration longest() const;
    static void fill(StoredBucket& bucket, const Limit& limit, Timestamp next_at, Timestamp due_at);
    void look_at_slots(std::span<const LimitSlot> slots, LimitBuckets& buckets,
                       std::vector<std::string>& open);
    void admit_again(const std::map<JobId, std::string>& early, LimitBuckets& buckets);
    void request_jobs(std::span<const JobId> ids, std::vector<LimitCandidate>& found);
    void request_parked(OpenBucket& bucket, std::vector<JobId>& stale);
    void stop_waiting(const std::vector<JobId>& ids);
    void mark(const LimitCandidate& job);
    std::vector<ClaimedJob> take(const std::vector<LimitCandidate>& jobs);
    void write_jobs();
    void write_buckets();

    Session& session_;
    const Dialect& dialect_;
    const LimitStatements& sql_;
    const std::span<const Settlement> settlements_;
    const ClaimRequest& request_;
    LookSize& look_size_;
    CallTime time_;
    Timestamp now_ = {};
    Timestamp back_ = {};
    std::string queues_; ///< of the request, as rows

    std::vector<Limit> limits_;
    std::map<JobId, std::string> admitted_; ///< admitted jobs, with their buckets

    // Rows to write.
    JsonRows left_, slots_, wait_, move_, queue_at_, buckets_;
    std::vector<JobId> done_waiting_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
