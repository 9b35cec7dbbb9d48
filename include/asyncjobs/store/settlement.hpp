#pragma once

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/job.hpp>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A worker's right to write to a job: valid while the job is `processing` with this fence.
struct LeaseRef {
    JobId id = {};
    std::int64_t fence = 0;

    friend bool operator==(const LeaseRef&, const LeaseRef&) = default;
};

/// How a worker ends its lease on a job. Made by the named factories only, so that no other
/// transition can be expressed.
class ASYNCJOBS_DECL Settlement {
public:
    /// What becomes of the job: see the factory of the same name.
    enum class Kind { completed, failed, retried, released, cancelled };

    /// processing -> completed, also when a cancel request came late. Progress becomes 100.
    [[nodiscard]] static Settlement completed(LeaseRef lease, JsonText result) {
        Settlement s(Kind::completed, lease);
        s.result_ = std::move(result);
        return s;
    }

    /// processing -> failed, permanently.
    [[nodiscard]] static Settlement failed(LeaseRef lease, JobError error) {
        Settlement s(Kind::failed, lease);
        s.error_ = bounded(std::move(error));
        return s;
    }

    /// processing -> pending, to be retried after `delay`; the attempt stays charged.
    [[nodiscard]] static Settlement retried(LeaseRef lease, JobError error, Duration delay) {
        Settlement s(Kind::retried, lease);
        s.error_ = bounded(std::move(error));
        s.delay_ = delay;
        return s;
    }

    /// processing -> pending without an outcome (shutdown, snooze); the attempt is refunded.
    /// Without a delay, the job keeps its `run_at`, and so its place in its queue.
    [[nodiscard]] static Settlement released(LeaseRef lease, Duration delay = {}) {
        Settlement s(Kind::released, lease);
        s.delay_ = delay;
        return s;
    }

    /// processing -> cancelled.
    [[nodiscard]] static Settlement cancelled(LeaseRef lease) {
        return Settlement(Kind::cancelled, lease);
    }

    /// The last progress of the attempt, if the store may not have it yet.
    Settlement&& with_progress(Progress progress) && {
        progress_ = std::move(progress);
        return std::move(*this);
    }

    /// Jobs that are submitted in the same transaction, if and only if this settlement is accepted.
    Settlement&& with_follow_ups(std::vector<NewJob> jobs) && {
        follow_ups_ = std::move(jobs);
        return std::move(*this);
    }

    Kind kind() const noexcept { return kind_; }              ///< which factory made it
    const LeaseRef& lease() const noexcept { return lease_; } ///< that it ends
    Duration delay() const noexcept { return delay_; }        ///< of Kind::retried and released
    /// Whether the job's `run_at` stays as it is: for Kind::released without a delay.
    bool keeps_place() const noexcept {
        return kind_ == Kind::released && delay_ == Duration::zero();
    }
    const JsonText& result() const noexcept { return result_; } ///< of Kind::completed
    const JobError& error() const noexcept { return error_; }   ///< of Kind::failed and retried
    /// See with_progress(); empty: the stored one stays.
    const std::optional<Progress>& progress() const noexcept { return progress_; }
    /// See with_follow_ups().
    const std::vector<NewJob>& follow_ups() const noexcept { return follow_ups_; }

private:
    Settlement(Kind kind, LeaseRef lease) : kind_(kind), lease_(lease) {}

    static JobError bounded(JobError error) {
        error.code.resize(detail::shortened(error.code, JobError::max_code).size());
        error.message.resize(detail::shortened(error.message, JobError::max_message).size());
        return error;
    }

    Kind kind_;
    LeaseRef lease_;
    Duration delay_ = {};
    JsonText result_;
    JobError error_;
    std::optional<Progress> progress_;
    std::vector<NewJob> follow_ups_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
