#include <asyncjobs/testing/differential.hpp>

#include "differential_draw.hpp"
#include "differential_model.hpp"

#include <asyncjobs/testing/faulty_job_store.hpp>

#include <algorithm>
#include <iterator>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing {
namespace detail {
namespace {

using Fault = FaultyJobStore::Fault;

enum class Member {
    submit,
    exchange,
    renew,
    check_leases,
    leases_of,
    rescue,
    promote,
    purge,
    tombstone_owner,
    find,
    find_summaries,
    list,
    cancel,
    retry,
    remove,
    workload,
    set_paused,
    set_limit,
    limits,
    move_clock,
};

/// A call before its arguments are drawn, so that a sequence makes sense without some of its calls.
struct DrawnCall {
    Member member = Member::submit;
    std::size_t object = 0;
    Fault fault = Fault::none;
    std::uint64_t seed = 0;
    unsigned plainer = 0; ///< of Plainer
};

struct Weight {
    Member member;
    std::size_t weight;
};
constexpr Weight weights[] = {
    {Member::submit, 18},      {Member::exchange, 26},      {Member::renew, 8},
    {Member::check_leases, 2}, {Member::leases_of, 2},      {Member::rescue, 6},
    {Member::promote, 7},      {Member::purge, 3},          {Member::tombstone_owner, 1},
    {Member::find, 2},         {Member::find_summaries, 2}, {Member::list, 4},
    {Member::cancel, 5},       {Member::retry, 4},          {Member::remove, 2},
    {Member::workload, 2},     {Member::set_paused, 2},     {Member::set_limit, 2},
    {Member::limits, 1},       {Member::move_clock, 14}};

Member draw_member(Random& random) {
    std::size_t sum = 0;
    for (const auto& [member, weight] : weights) sum += weight;
    auto left = random.below(sum);
    for (const auto& [member, weight] : weights) {
        if (left < weight) return member;
        left -= weight;
    }
    return Member::move_clock;
}

bool is_declared(Member member, const StoreCapabilities& declared) {
    switch (member) {
    case Member::tombstone_owner:
        return declared.tombstones;
    case Member::workload:
        return declared.workload;
    case Member::set_paused:
        return declared.queue_control;
    case Member::set_limit:
    case Member::limits:
        return declared.limits;
    default:
        return true;
    }
}

/// What no call of a store without some capabilities may have.
unsigned left_out(const StoreCapabilities& declared) {
    return (declared.dependencies ? 0U : static_cast<unsigned>(Plainer::no_parents)) |
           (declared.limits ? 0U : static_cast<unsigned>(Plainer::no_own_limits));
}

bool may_fail(Member member) {
    switch (member) {
    case Member::submit:
    case Member::exchange:
    case Member::renew:
    case Member::cancel:
    case Member::retry:
    case Member::remove:
        return true;
    default:
        return false;
    }
}

std::vector<DrawnCall> draw_calls(std::uint64_t seed, const DifferentialOptions& options,
                                  const StoreCapabilities& declared) {
    Random random(seed * 0x2545f4914f6cdd1d);
    std::vector<DrawnCall> calls(options.calls);
    for (DrawnCall& call : calls) {
        do call.member = draw_member(random);
        while (!is_declared(call.member, declared));
        call.plainer = left_out(declared);
        call.object = random.below(options.objects);
        call.seed = random.next();
        const auto chance = random.below(20);
        if (!may_fail(call.member) || chance > 2) continue;
        const Fault faults[] = {Fault::reply_lost, Fault::lost_before, Fault::unavailable};
        call.fault = faults[chance];
    }
    return calls;
}

/// Makes calls on a store and on the model.
class Comparison {
public:
    Comparison(const DifferentialSubject& subject, std::size_t objects)
        : clock_(subject.clock), model_(subject.claims_may_lag, subject.sweeps_may_lag),
          sweeps_may_lag_(subject.sweeps_may_lag) {
        if (subject.reset) subject.reset();
        const auto plan = [this](std::string_view) { return std::exchange(fault_, Fault::none); };
        for (std::size_t i = 0; i < objects; ++i) {
            stores_.push_back(subject.open());
            expect(stores_.back() != nullptr, "the subject to open a store");
            faulty_.push_back(std::make_unique<FaultyJobStore>(*stores_.back(), plan));
        }
    }

    void make(const DrawnCall& call);
    void compare_all();
    /// Completes what is left, so that a job that is never claimed is found.
    void finish();
    std::string described() const { return text_; }

private:
    JobStore& reader() { return *stores_.front(); }
    Model::Read read() {
        return [this](const JobId& id) { return reader().find({&id, 1}).front(); };
    }
    template <typename Call>
    auto attempt(Call call) -> std::optional<decltype(call())>;
    void describe_call(std::string_view member, const std::string& arguments);

    void submit(Draw& draw);
    void exchange(Draw& draw);
    void exchange(std::span<const Settlement> settlements, const ClaimRequest& request);
    void rescue(Draw& draw);
    void promote(std::size_t limit);
    void set_limit(const Limit& limit);
    void move_clock(Duration by);
    std::vector<JobId> all_ids() const;

    ManualClock clock_;
    Model model_;
    const bool sweeps_may_lag_;
    std::vector<std::unique_ptr<JobStore>> stores_;
    std::vector<std::unique_ptr<FaultyJobStore>> faulty_;
    Fault fault_ = Fault::none;
    bool has_happened_ = true; ///< the call that attempt() made
    std::size_t object_ = 0;
    JobStore* store_ = nullptr;
    Timestamp now_ = {};
    std::string text_;
};

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

void Comparison::exchange(std::span<const Settlement> settlements, const ClaimRequest& request) {
    const auto all = describe_all(settlements);
    describe_call("exchange", '{' + all + "}, " + describe(request));
    const auto found = attempt([&] { return store_->exchange(settlements, request); });
    if (!has_happened_) return;
    if (found) {
        std::vector<JobId> claimed;
        for (const ClaimedJob& one : found->claimed) claimed.push_back(one.lease.id);
        text_ += " -> claims " + (claimed.empty() ? "none" : describe_all(claimed));
    }
    model_.exchange(settlements, request, found ? &*found : nullptr, now_);
    if (!found) model_.claimed_unseen(request, reader().leases_of(request.worker), now_);
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

void Comparison::move_clock(Duration by) {
    text_ = "the clock moves on by " + describe(by);
    clock_.move(by);
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
    constexpr int rounds = 400;
    for (int round = 0; round < rounds; ++round) {
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
        exchange(settlements, {.worker = "last", .queues = queues, .limit = 1000, .limits = {}});
        const auto next = model_.next_time(now_);
        const Duration wait = next ? *next - now_ : Duration{std::chrono::minutes{1}};
        // What waits for a rate becomes due at no time that the model knows.
        if (settlements.empty()) clock_.move(std::min(wait, Duration{std::chrono::minutes{1}}));
    }
    fail("expected all jobs to be finished, which are claimed and completed again and again");
}

struct Run {
    std::optional<std::string> difference = {};
    std::vector<std::string> texts = {}; ///< of the calls that were made
};

Run run(const DifferentialSubject& subject, const std::vector<DrawnCall>& calls,
        std::size_t objects, std::size_t calls_a_look) {
    Run made;
    std::unique_ptr<Comparison> comparison;
    try {
        comparison = std::make_unique<Comparison>(subject, objects);
        for (const DrawnCall& call : calls) {
            made.texts.emplace_back();
            comparison->make(call);
            made.texts.back() = comparison->described();
            if (made.texts.size() % calls_a_look == 0) comparison->compare_all();
        }
        comparison->compare_all();
        made.texts.emplace_back("completes what is left");
        comparison->finish();
        comparison->compare_all();
        made.texts.pop_back();
    } catch (const std::exception& error) {
        if (comparison && !made.texts.empty() && made.texts.back().empty())
            made.texts.back() = comparison->described();
        made.difference = error.what();
    }
    return made;
}

/// Makes a sequence that fails shorter and its calls plainer, as long as it fails.
class Shrinking {
public:
    Shrinking(const DifferentialSubject& subject, const DifferentialOptions& options,
              std::vector<DrawnCall> calls)
        : subject_(subject), objects_(options.objects), runs_(options.shrink_runs),
          calls_(std::move(calls)), run_(detail::run(subject_, calls_, objects_, 1)) {}

    Run shrink() {
        if (!run_.difference) return {}; // it did not fail again
        drop_calls();
        for (std::size_t i = 0; i < calls_.size(); ++i) make_plainer(i);
        drop_calls();
        return run_;
    }

private:
    bool still_fails(const std::vector<DrawnCall>& calls) {
        if (runs_ == 0) return false;
        --runs_;
        Run made = detail::run(subject_, calls, objects_, 1);
        if (!made.difference) return false;
        run_ = std::move(made);
        calls_ = calls;
        return true;
    }

    void drop_calls() {
        const auto made = std::min(calls_.size(), run_.texts.size());
        calls_.resize(made); // what comes after the difference is of no use
        for (std::size_t size = std::max<std::size_t>(calls_.size() / 2, 1);; size /= 2) {
            for (std::size_t at = 0; at < calls_.size();) {
                auto fewer = calls_;
                const auto first = fewer.begin() + static_cast<std::ptrdiff_t>(at);
                const auto count = std::min(size, fewer.size() - at);
                fewer.erase(first, first + static_cast<std::ptrdiff_t>(count));
                if (!still_fails(fewer)) at += size;
            }
            if (size <= 1) return;
        }
    }

    void make_plainer(std::size_t number) {
        auto faultless = calls_;
        faultless[number].fault = Fault::none;
        faultless[number].object = 0;
        if (calls_[number].fault != Fault::none || calls_[number].object != 0)
            still_fails(faultless);
        for (unsigned bit = 0; bit < all_plainer && number < calls_.size(); ++bit) {
            auto plainer = calls_;
            plainer[number].plainer |= 1U << bit;
            still_fails(plainer);
        }
    }

    const DifferentialSubject& subject_;
    const std::size_t objects_;
    std::size_t runs_;
    std::vector<DrawnCall> calls_;
    Run run_;
};

} // namespace
} // namespace detail

std::string Difference::text() const {
    std::string text = fmt::format("seed {}: {}\n", seed, what);
    for (std::size_t i = 0; i < calls.size(); ++i)
        text += fmt::format("  {:2}. {}\n", i + 1, calls[i]);
    return text;
}

std::optional<Difference> find_difference(const DifferentialSubject& subject,
                                          const DifferentialOptions& options) {
    constexpr std::size_t calls_a_look = 20;
    if (subject.reset) subject.reset();
    const auto declared = subject.open()->capabilities();
    for (std::uint64_t seed = options.first_seed; seed < options.first_seed + options.sequences;
         ++seed) {
        const auto calls = detail::draw_calls(seed, options, declared);
        auto made = detail::run(subject, calls, options.objects, calls_a_look);
        if (!made.difference) continue;
        auto shrunk = detail::Shrinking(subject, options, calls).shrink();
        if (shrunk.difference) made = std::move(shrunk);
        return Difference{seed, *made.difference, made.texts};
    }
    return std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing
