#pragma once

#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/store/limit_buckets.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <set>

/// The limits, and the state of their buckets. The number of jobs that hold a place is not kept:
/// every claim counts it.
class LimitBook {
public:
    /// A changed limit resets its buckets.
    void set(const asyncjobs::Limit& limit);
    std::vector<asyncjobs::Limit> limits() const; ///< by name

    asyncjobs::LimitBucket& bucket(const std::string& name) { return buckets_[name]; }
    /// As bucket(), to be written.
    asyncjobs::LimitBucket& changed(const std::string& name);
    /// Later than every earlier result, for a round robin.
    asyncjobs::Timestamp next_served_at(asyncjobs::Timestamp now);
    void leave_all_places();

    /// Adds what changed since the last call to a line of the journal.
    void write_changes(boost::json::object& line);
    void read_changes(const boost::json::object& line);
    bool has_changes() const { return !changed_limits_.empty() || !changed_buckets_.empty(); }

private:
    std::map<std::string, asyncjobs::Limit> limits_;
    std::map<std::string, asyncjobs::LimitBucket> buckets_;
    std::set<std::string> changed_limits_, changed_buckets_;
    asyncjobs::Timestamp last_served_at_ = {};
};

/// Decides for one claim which jobs the limits admit.
class LimitedClaim {
public:
    /// Borrows all of them.
    LimitedClaim(LimitBook& book, const asyncjobs::ClaimRequest& request, asyncjobs::Timestamp now);
    LimitedClaim(const LimitedClaim&) = delete;
    LimitedClaim& operator=(const LimitedClaim&) = delete;

    /// The job is processing, and holds its places.
    void count(const asyncjobs::Job& job);

    /// The order of the claim. A job of a round robin comes after all jobs that were due before its
    /// bucket was last served.
    asyncjobs::Timestamp place(const asyncjobs::Job& job);

    /// Takes the slots that the job needs, or none and returns the reason.
    std::optional<asyncjobs::LimitRefusal> admit(const asyncjobs::Job& job);

    /// How long until the rate that refused a job permits the next start; 0 if it was no rate.
    asyncjobs::Duration wait(const asyncjobs::LimitRefusal& refused);

private:
    std::vector<asyncjobs::LimitedBy> limits_of(const asyncjobs::Job& job) const {
        return limits_.of(job.type, job.queue, job.owner, job.limit_key);
    }

    LimitBook& book_;
    const std::string_view worker_;
    const asyncjobs::Timestamp now_;
    const std::vector<asyncjobs::Limit> of_all_;
    const asyncjobs::LimitsOfClaim limits_;
};
