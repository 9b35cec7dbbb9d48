#include "store/store_clock.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

/// Looks at all jobs because of another process's clock take at most one part in so many of the
/// time.
constexpr int move_back_one_in = 20;

} // namespace

void StoreClock::saw(Timestamp now, Duration least) {
    const std::lock_guard lock(mutex_);
    const bool was_set_back = latest_ > now + least;
    if (was_set_back) {
        set_back_ = std::max(set_back_, latest_ - now);
        written_.reset();
    }
    latest_ = was_set_back ? now : std::max(latest_, now);
}

Duration StoreClock::take_set_back() {
    const std::lock_guard lock(mutex_);
    return std::exchange(set_back_, Duration::zero());
}

void StoreClock::give_back(Duration set_back) {
    const std::lock_guard lock(mutex_);
    set_back_ = std::max(set_back_, set_back);
}

bool StoreClock::lives(const std::optional<Other>& other, SteadyTime now) {
    return other && now - other->seen_at < others_live_for;
}

void StoreClock::note(std::optional<Other>& other, ClockNotice::Kind kind, Duration by,
                      SteadyTime now) {
    if (!lives(other, now)) notices_.push_back({kind, by});
    other = Other{by, now};
}

/// Times in job_clock that this process did not write are another process's.
void StoreClock::see_others(const Look& found, SteadyTime now) {
    if (!written_ || !found.kept) return;
    if (*found.kept > found.now + tolerance)
        note(ahead_, ClockNotice::Kind::other_ahead, *found.kept - found.now, now);
    else if (*found.kept + tolerance < *written_)
        note(behind_, ClockNotice::Kind::other_behind, found.now - *found.kept, now);
}

StoreClock::Findings StoreClock::look(const Look& found, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    const bool had_other_ahead = ahead_.has_value();
    see_others(found, now);
    Findings findings;
    findings.writes = found.kept && (!written_ || found.kept > found.now + tolerance ||
                                     found.kept < found.now - tolerance);

    auto latest = found.newest.value_or(found.now);
    // Once the store is open, this process itself notices that its clock was set back.
    if (found.kept && (!std::exchange(is_open_, true) || lives(ahead_, now)))
        latest = std::max(latest, *found.kept);
    Task task{.by = latest - found.now, .with_leases = !lives(ahead_, now)};
    task.is_news = task.with_leases;
    if (had_other_ahead && task.with_leases) { // the other process has ended; its leases remain
        task.by = std::max(task.by, ahead_->by);
        task.is_news = false;
    }
    if (task.by <= tolerance || now < moves_back_at_) return findings;
    if (task.with_leases) ahead_.reset();
    findings.task = task;
    return findings;
}

void StoreClock::wrote(Timestamp now) {
    const std::lock_guard lock(mutex_);
    if (now <= latest_) written_ = now; // otherwise, the clock was set back meanwhile
}

void StoreClock::moved_back(const Task& task, Duration by, SteadyTime began, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    moves_back_at_ = now + move_back_one_in * (now - began);
    if (task.is_news) notices_.push_back({ClockNotice::Kind::set_back, by});
}

Duration StoreClock::others_behind(SteadyTime now) {
    const std::lock_guard lock(mutex_);
    return lives(behind_, now) ? behind_->by : Duration::zero();
}

std::vector<ClockNotice> StoreClock::take_notices() {
    const std::lock_guard lock(mutex_);
    return std::exchange(notices_, {});
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
