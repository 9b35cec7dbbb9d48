#pragma once

#include <asyncjobs/detail/attempt.hpp>
#include <asyncjobs/store/settlement.hpp>

#include <algorithm>
#include <cstddef>
#include <list>
#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// An outcome of a job that the store refuses although it accepts other writes.
struct RefusedOutcome {
    Settlement settlement;
    std::size_t bytes = 0;                ///< memory kept for it
    std::optional<SteadyTime> since = {}; ///< refused by a store that verifiably works
    bool is_logged = false;               ///< that the job ends without its refused content
};

using RefusedOutcomeList = std::list<RefusedOutcome>;

/// Approximate memory of its content.
inline std::size_t bytes_of(const Settlement& settlement) {
    std::size_t bytes = sizeof settlement + settlement.result().text().size() +
                        settlement.error().message.size() +
                        settlement.error().details.text().size();
    for (const NewJob& job : settlement.follow_ups())
        bytes += sizeof job + job.input.text().size() + job.metadata.text().size();
    return bytes;
}

/// The same outcome without content that a store may refuse. A job whose result is refused fails.
inline Settlement bare(const Settlement& settlement) {
    using Kind = Settlement::Kind;
    const auto because = [](const char* what) {
        return JobError{std::string(error_code::internal_error), what, {}};
    };
    const LeaseRef& lease = settlement.lease();
    switch (settlement.kind()) {
    case Kind::retried:
        return Settlement::retried(lease, because("the store refused the attempt's error"),
                                   settlement.delay());
    case Kind::released:
        return Settlement::released(lease, settlement.delay());
    case Kind::cancelled:
        return Settlement::cancelled(lease);
    case Kind::failed:
        return Settlement::failed(lease, because("the store refused the job's error"));
    case Kind::completed:
        break;
    }
    return Settlement::failed(lease, because("the store refused the job's result"));
}

/// The outcomes that wait for their next retry, in order.
///
/// Full from `most` of them, or `most_bytes`, until both are below three quarters. Accepts more
/// even when full: running jobs have yet to end.
class RefusedOutcomes {
public:
    static constexpr std::size_t most = 1000;
    static constexpr std::size_t most_bytes = 128 * 1024 * 1024;

    bool empty() const noexcept { return outcomes_.empty(); }
    std::size_t size() const noexcept { return outcomes_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }
    bool is_full() const noexcept { return is_full_; }

    bool holds(const LeaseRef& lease) const noexcept {
        return std::ranges::any_of(outcomes_, [&](const RefusedOutcome& outcome) {
            return outcome.settlement.lease() == lease;
        });
    }

    /// Adds it at the front.
    void add(RefusedOutcome outcome) {
        outcomes_.push_front(std::move(outcome));
        bytes_ += outcomes_.front().bytes;
        note_size();
    }

    /// Takes the first ones. is_full() does not change until put_back().
    RefusedOutcomeList take(std::size_t limit) noexcept {
        RefusedOutcomeList taken;
        const auto count = std::min(limit, outcomes_.size());
        taken.splice(taken.end(), outcomes_, outcomes_.begin(),
                     std::next(outcomes_.begin(), static_cast<std::ptrdiff_t>(count)));
        for (const RefusedOutcome& outcome : taken) bytes_ -= outcome.bytes;
        return taken;
    }

    /// Puts back the untried ones in front and the ones refused again at the end.
    void put_back(RefusedOutcomeList untried, RefusedOutcomeList refused) noexcept {
        for (const auto* list : {&untried, &refused})
            for (const RefusedOutcome& outcome : *list) bytes_ += outcome.bytes;
        outcomes_.splice(outcomes_.begin(), untried);
        outcomes_.splice(outcomes_.end(), refused);
        note_size();
    }

private:
    void note_size() noexcept {
        const auto reaches = [&](std::size_t quarters) {
            return outcomes_.size() >= most / 4 * quarters || bytes_ >= most_bytes / 4 * quarters;
        };
        is_full_ = reaches(is_full_ ? 3 : 4);
    }

    RefusedOutcomeList outcomes_;
    std::size_t bytes_ = 0;
    bool is_full_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
