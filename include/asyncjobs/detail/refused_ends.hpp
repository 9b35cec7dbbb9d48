#pragma once

#include <asyncjobs/detail/execution.hpp>
#include <asyncjobs/settlement.hpp>

#include <algorithm>
#include <cstddef>
#include <list>
#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// How a job ended, which the store does not take although it takes other writes.
struct RefusedEnd {
    Settlement settlement;
    std::size_t bytes = 0;                ///< that are kept for it
    std::optional<SteadyTime> since = {}; ///< refused by a store that is certain to work
    bool is_logged = false;               ///< that its job ends without what it holds
};

using RefusedEndList = std::list<RefusedEnd>;

/// About what it keeps in memory beside itself.
inline std::size_t bytes_of(const Settlement& settlement) {
    std::size_t bytes = sizeof settlement + settlement.result().text().size() +
                        settlement.error().message.size() +
                        settlement.error().details.text().size();
    for (const NewJob& job : settlement.follow_ups())
        bytes += sizeof job + job.input.text().size() + job.metadata.text().size();
    return bytes;
}

/// The same end without what a store may refuse of it. A job whose result is refused has failed.
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

/// The ends that wait for their next try, the next one first.
///
/// It is full from `most` of them, or `most_bytes`, until there are less than three quarters of
/// both, and takes more all the same: what runs then is yet to end.
class RefusedEnds {
public:
    static constexpr std::size_t most = 1000;
    static constexpr std::size_t most_bytes = 128 * 1024 * 1024;

    bool empty() const noexcept { return ends_.empty(); }
    std::size_t size() const noexcept { return ends_.size(); }
    std::size_t bytes() const noexcept { return bytes_; }
    bool is_full() const noexcept { return is_full_; }

    bool holds(const LeaseRef& lease) const noexcept {
        return std::ranges::any_of(
            ends_, [&](const RefusedEnd& end) { return end.settlement.lease() == lease; });
    }

    /// Goes first.
    void add(RefusedEnd end) {
        ends_.push_front(std::move(end));
        bytes_ += ends_.front().bytes;
        note_size();
    }

    /// The first ones. is_full() stays what it is until put_back() has been called.
    RefusedEndList take(std::size_t limit) noexcept {
        RefusedEndList taken;
        const auto count = std::min(limit, ends_.size());
        taken.splice(taken.end(), ends_, ends_.begin(),
                     std::next(ends_.begin(), static_cast<std::ptrdiff_t>(count)));
        for (const RefusedEnd& end : taken) bytes_ -= end.bytes;
        return taken;
    }

    /// Of what was taken, what is still to be tried, and what has been in vain and comes last.
    void put_back(RefusedEndList untried, RefusedEndList refused) noexcept {
        for (const auto* list : {&untried, &refused})
            for (const RefusedEnd& end : *list) bytes_ += end.bytes;
        ends_.splice(ends_.begin(), untried);
        ends_.splice(ends_.end(), refused);
        note_size();
    }

private:
    void note_size() noexcept {
        const auto reaches = [&](std::size_t quarters) {
            return ends_.size() >= most / 4 * quarters || bytes_ >= most_bytes / 4 * quarters;
        };
        is_full_ = reaches(is_full_ ? 3 : 4);
    }

    RefusedEndList ends_;
    std::size_t bytes_ = 0;
    bool is_full_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
