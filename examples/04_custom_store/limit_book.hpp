#pragma once

#include <asyncjobs/job_store.hpp>
#include <asyncjobs/limit_buckets.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <set>

/// The limits, and what is known of their buckets besides how many jobs hold a place: that is
/// counted anew in every claim.
class LimitBook {
public:
    /// If it is another one than before, its buckets are reset.
    void set(const asyncjobs::Limit& limit);
    std::vector<asyncjobs::Limit> limits() const; ///< by name

    asyncjobs::LimitBucket& bucket(const std::string& name) { return buckets_[name]; }
    /// As bucket(), to be written.
    asyncjobs::LimitBucket& changed(const std::string& name);
    /// Whoever is served now is later than all who have been.
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

/// What the limits have to say in one claim.
class LimitedClaim {
public:
    /// Borrows all of them.
    LimitedClaim(LimitBook& book, const asyncjobs::ClaimRequest& request, asyncjobs::Timestamp now);
    LimitedClaim(const LimitedClaim&) = delete;
    LimitedClaim& operator=(const LimitedClaim&) = delete;

    /// The job is processing, and holds its places.
    void count(const asyncjobs::Job& job);

    /// What claims are ordered by. Who takes turns comes after all who came before he was served.
    asyncjobs::Timestamp place(const asyncjobs::Job& job);

    /// Takes the places that the job needs, or none and says why.
    std::optional<asyncjobs::LimitRefusal> admit(const asyncjobs::Job& job);

    /// Until the rate that refused a job lets the next one start; 0: it was no rate.
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
