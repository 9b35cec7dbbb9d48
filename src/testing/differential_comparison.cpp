#include "differential_comparison.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {

/// Empty if the call was made to fail. Then has_happened_ is whether it happened.
template <typename Call>
auto Comparison::attempt(Call call) -> std::optional<decltype(call())> {
    const Fault fault = fault_;
    has_happened_ = fault == Fault::none || fault == Fault::reply_lost;
    try {
        auto result = call();
        expect(fault == Fault::none, "a call to fail");
        return result;
    } catch (const Error& error) {
        if (fault == Fault::none) fail(fmt::format("expected no error, found {}", error.what()));
        return std::nullopt;
    }
}

void Comparison::describe_call(std::string_view member, const std::string& arguments) {
    text_ = fmt::format("object {}: {}({})", object_, member, arguments);
    if (fault_ == Fault::reply_lost) text_ += ", and its result is lost";
    if (fault_ == Fault::lost_before || fault_ == Fault::unavailable)
        text_ += ", which fails before it happens";
}

void Comparison::make(const DrawnCall& call) {
    now_ = clock_();
    object_ = call.object;
    store_ = faulty_[call.object].get();
    fault_ = call.fault;
    text_.clear();
    Draw draw(call.seed, call.plainer, model_, now_);
    if (call.member != Member::move_clock) saw(call.member);
    switch (call.member) {
    case Member::submit:
        return submit(draw);
    case Member::exchange:
        return exchange(draw);
    case Member::renew: {
        const auto heartbeats = draw.heartbeats();
        const auto lease_for = draw.lease_for();
        describe_call("renew", describe_all(heartbeats) + ", " + describe(lease_for));
        const auto found = attempt([&] { return store_->renew(heartbeats, lease_for); });
        if (has_happened_) model_.renew(heartbeats, lease_for, found ? &*found : nullptr, now_);
        return;
    }
    case Member::check_leases: {
        const auto leases = draw.leases();
        describe_call("check_leases", describe_all(leases));
        return model_.check_leases(leases, store_->check_leases(leases));
    }
    case Member::leases_of: {
        const auto worker = draw.worker();
        describe_call("leases_of", worker);
        return model_.leases_of(worker, store_->leases_of(worker));
    }
    case Member::rescue:
        return rescue(draw);
    case Member::promote:
        return promote(draw.percent(80) || sweeps_may_lag_ ? 1000 : draw.count());
    case Member::purge: {
        const auto limit = draw.count();
        describe_call("purge", std::to_string(limit));
        return model_.purge(limit, store_->purge(limit), read(), now_);
    }
    case Member::tombstone_owner: {
        const auto id = draw.id();
        describe_call("tombstone_owner", describe(id));
        return model_.tombstone_owner(id, store_->tombstone_owner(id), now_);
    }
    case Member::find: {
        const auto ids = draw.ids();
        describe_call("find", describe_all(ids));
        return model_.find(ids, store_->find(ids));
    }
    case Member::find_summaries: {
        const auto ids = draw.ids();
        describe_call("find_summaries", describe_all(ids));
        return model_.find_summaries(ids, store_->find_summaries(ids));
    }
    case Member::list: {
        const auto query = draw.query();
        describe_call("list", describe(query));
        return model_.list(query, store_->list(query));
    }
    case Member::cancel: {
        const auto id = draw.id();
        const auto cancellation = draw.cancellation();
        describe_call("cancel", describe(id) + (cancellation.force ? ", by force" : ""));
        const auto found = attempt([&] { return store_->cancel(id, cancellation); });
        if (has_happened_) model_.cancel(id, cancellation, found ? &*found : nullptr, now_);
        return;
    }
    case Member::retry: {
        const auto id = draw.finished_id();
        describe_call("retry", describe(id));
        const auto found = attempt([&] { return store_->retry(id); });
        if (has_happened_) model_.retry(id, found ? &*found : nullptr, now_);
        return;
    }
    case Member::remove: {
        const auto id = draw.finished_id();
        describe_call("remove", describe(id));
        const auto found = attempt([&] { return store_->remove(id); });
        if (has_happened_) model_.remove(id, found ? &*found : nullptr, now_);
        return;
    }
    case Member::workload: {
        const auto queue = draw.queue(), type = draw.type();
        describe_call("workload", queue + ", " + type);
        return model_.workload(queue, type, store_->workload(queue, type), now_);
    }
    case Member::set_paused: {
        const auto queue = draw.queue();
        const bool paused = draw.percent(40);
        describe_call("set_paused", queue + (paused ? ", true" : ", false"));
        store_->set_paused(queue, paused);
        return model_.set_paused(queue, paused);
    }
    case Member::set_limit:
        return set_limit(draw.limit());
    case Member::limits:
        describe_call("limits", "");
        return model_.limits(store_->limits());
    case Member::move_clock:
        return move_clock(draw.jump());
    default:
        return ask_operators(call.member, draw);
    }
}

void Comparison::submit(Draw& draw) {
    const auto jobs = draw.new_jobs();
    describe_call("submit", describe_all(jobs));
    const auto found = attempt([&] { return store_->submit(jobs); });
    if (has_happened_) model_.submit(jobs, found ? &*found : nullptr, now_);
}

void Comparison::exchange(Draw& draw) {
    const auto settlements = draw.settlements();
    const auto queues = draw.queues();
    const auto own_limits = draw.own_limits();
    const auto worker = draw.worker();
    const ClaimRequest request{.worker = worker,
                               .queues = queues,
                               .limit = draw.count(),
                               .lease_for = draw.lease_for(),
                               .limits = own_limits,
                               .ahead = draw.percent(25)};
    exchange(settlements, request);
}

/// Returns when the store wants the next call, if it states that.
std::optional<Duration> Comparison::exchange(std::span<const Settlement> settlements,
                                             const ClaimRequest& request) {
    const auto all = describe_all(settlements);
    describe_call("exchange", '{' + all + "}, " + describe(request));
    const auto found = attempt([&] { return store_->exchange(settlements, request); });
    if (!has_happened_) return std::nullopt;
    if (found) {
        std::vector<JobId> claimed;
        for (const ClaimedJob& one : found->claimed) claimed.push_back(one.lease.id);
        text_ += " -> claims " + (claimed.empty() ? "none" : describe_all(claimed));
    }
    model_.exchange(settlements, request, found ? &*found : nullptr, now_);
    if (!found) model_.claimed_unseen(request, reader().leases_of(request.worker), now_);
    return found ? found->next_due_in : std::nullopt;
}

void Comparison::rescue(Draw& draw) {
    const auto limit = draw.count();
    const auto crash_limit = draw.crash_limit();
    describe_call("rescue", fmt::format("{}, {}", limit, crash_limit));
    const auto found = store_->rescue(limit, crash_limit);
    text_ += fmt::format(" -> {} rescued", found.size());
    model_.rescue(limit, crash_limit, found, now_);
}

void Comparison::promote(std::size_t limit) {
    describe_call("promote", fmt::format("{}), until it returns none", limit));
    text_.pop_back();
    constexpr int most = 10'000;
    for (int calls = 0; calls < most; ++calls) {
        const auto found = store_->promote(limit);
        for (const Promoted& one : found)
            text_ += fmt::format(" -> {} {}", describe(one.id), show(one.status));
        model_.promote(limit, found, read(), now_);
        if (found.empty()) return;
    }
    fail("expected promote() to return none at last");
}

/// By way of each object: others may notice later.
void Comparison::set_limit(const Limit& limit) {
    describe_call("set_limit", describe(limit));
    for (const auto& store : stores_) store->set_limit(limit);
    model_.set_limit(limit);
}

void Comparison::saw(Member member) {
    seen_ = std::max(seen_, now_);
    const bool is_lost = fault_ == Fault::lost_before || fault_ == Fault::unavailable;
    switch (member) {
    case Member::submit:
    case Member::exchange:
    case Member::renew:
    case Member::rescue:
        if (!is_lost) written_ = std::max(written_, now_);
        return;
    default:
        return;
    }
}

void Comparison::move_clock(Duration by) {
    if (by < Duration::zero()) return set_clock_back(-by);
    text_ = "the clock moves on by " + describe(by);
    clock_.move(by);
}

/// Each object sweeps before its next call, because a store may notice it only then.
void Comparison::set_clock_back(Duration by) {
    text_ = "the clock is set back by " + describe(by) + ", and each object calls rescue(0, 1)";
    clock_.move(-by);
    const Timestamp before = now_;
    now_ = clock_();
    for (const auto& store : stores_)
        expect(store->rescue(0, 1).empty(), "no job to be rescued by a call for none");
    const bool is_noticed = model_.clock_was_set_back(
        before, {.most = seen_ - now_, .least = written_ - now_}, read(), now_);
    if (is_noticed) seen_ = written_ = now_;
    saw(Member::rescue);
    compare_all();
}

std::vector<JobId> Comparison::all_ids() const {
    std::vector<JobId> ids(model_.gone().begin(), model_.gone().end());
    for (const auto& [id, entry] : model_.entries()) ids.push_back(id);
    return ids;
}

void Comparison::compare_all() {
    const auto ids = all_ids();
    model_.find(ids, reader().find(ids));
    JobQuery query;
    query.limit = JobQuery::max_limit;
    query.parts = JobParts::summary;
    model_.list(query, reader().list(query));
}

void Comparison::finish() {
    object_ = 0;
    store_ = stores_.front().get();
    const std::vector<std::string> queues = {"red", "green", "blue"};
    constexpr int rounds = 400, rounds_a_step = 40;
    const auto gives_up_at = std::chrono::steady_clock::now() + patience_;
    for (int round = 0; round < rounds || std::chrono::steady_clock::now() < gives_up_at; ++round) {
        now_ = clock_();
        for (const auto& queue : queues) {
            if (!model_.paused().contains(queue)) continue;
            store_->set_paused(queue, false);
            model_.set_paused(queue, false);
        }
        promote(1000);
        std::vector<Settlement> settlements;
        bool is_any_left = false;
        for (const auto& [id, entry] : model_.entries()) {
            is_any_left |= !is_finished(entry.job.status);
            if (entry.job.status == JobStatus::processing)
                settlements.push_back(Settlement::completed({id, entry.job.fence}, {}));
        }
        if (!is_any_left) return;
        const auto due_in = exchange(
            settlements, {.worker = "last", .queues = queues, .limit = 1000, .limits = {}});
        const auto next = model_.next_time(now_);
        // What waits for a limit becomes due at no time that the model knows.
        Duration step = Duration{std::chrono::minutes{1}} * (1 << round / rounds_a_step);
        if (next) step = std::min(step, *next - now_);
        if (due_in && *due_in > Duration::zero()) step = std::min(step, *due_in);
        if (settlements.empty() && round < rounds) clock_.move(step);
    }
    std::string left;
    for (const auto& [id, entry] : model_.entries())
        if (!is_finished(entry.job.status))
            left += fmt::format(" {} {}", describe(id), show(entry.job.status));
    fail("expected all jobs, claimed and completed again and again, to be finished, found" + left);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
