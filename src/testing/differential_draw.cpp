#include "differential_draw.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail {
namespace {

using namespace std::chrono_literals;

const std::string all_queues[] = {"red", "green", "blue"};
const std::string all_types[] = {"count", "paint", "asyncjobs.sweep"};
const std::string all_owners[] = {"", "anna", "bert"};
const std::string all_keys[] = {"k1", "k2", "k3"};
const std::string all_workers[] = {"w1", "w2"};
const std::string all_inputs[] = {"null", "1", R"({"a": [1, 2.50], "b":"\u00e4"})"};

} // namespace

std::size_t Draw::some(std::size_t most) {
    const std::size_t count = 1 + random_.below(most);
    return is_plainer(Plainer::one_item) ? 1 : count;
}

JobId Draw::fresh_id() {
    ++ids_;
    return JobId::make(now_, seed_, seed_ ^ ids_);
}

std::vector<JobId> Draw::those(const std::function<bool(const Job&)>& wanted) const {
    std::vector<JobId> ids;
    for (const auto& [id, entry] : model_.entries())
        if (wanted(entry.job)) ids.push_back(id);
    return ids;
}

JobId Draw::pick(const std::vector<JobId>& from) {
    const auto number = random_.next();
    return from.empty() ? fresh_id() : from[number % from.size()];
}

JobId Draw::id() {
    const auto chance = random_.below(20);
    if (chance == 0) return fresh_id();
    if (chance == 1) return pick({model_.gone().begin(), model_.gone().end()});
    return pick(those([](const Job&) { return true; }));
}

JobId Draw::finished_id() {
    if (random_.percent(20)) return id();
    return pick(those([](const Job& job) { return is_finished(job.status); }));
}

std::vector<JobId> Draw::ids() {
    std::vector<JobId> ids;
    for (auto left = some(5); left > 0; --left) ids.push_back(id());
    return ids;
}

std::vector<JobId> Draw::finished_ids() {
    std::vector<JobId> ids;
    for (auto left = some(5); left > 0; --left) ids.push_back(finished_id());
    return ids;
}

std::string Draw::queue() {
    const std::string& name = random_.one_of(all_queues);
    return is_plainer(Plainer::one_queue) ? all_queues[0] : name;
}

std::string Draw::type() {
    const std::string& name = random_.one_of(all_types);
    return is_plainer(Plainer::default_rest) ? all_types[0] : name;
}

std::string Draw::worker() {
    const std::string& name = random_.one_of(all_workers);
    return is_plainer(Plainer::default_rest) ? all_workers[0] : name;
}

NewJob Draw::new_job(const std::vector<NewJob>& before) {
    NewJob job;
    job.id = fresh_id();
    if (const auto old = id(); random_.percent(6)) job.id = old;
    job.type = type();
    job.queue = queue();
    const Duration retentions[] = {1s, 1min, 1h, 7 * 24h};
    const std::string& owner = random_.one_of(all_owners);
    const std::string& input = random_.one_of(all_inputs);
    const Duration retention = random_.one_of(retentions);
    const int max_attempts = 1 + static_cast<int>(random_.below(5));
    if (!is_plainer(Plainer::default_rest)) {
        job.owner = owner;
        job.input = JsonText::parse(input);
        job.retention = retention;
        if (random_.percent(30)) job.keep_failed = random_.one_of(retentions);
        job.max_attempts = max_attempts;
        if (random_.percent(20)) job.metadata = JsonText::parse(R"({"trace": "t"})");
        if (random_.percent(20)) job.timeout = 30s;
    }
    if (chance(30, Plainer::no_priority)) job.priority = 1 + static_cast<int>(random_.below(100));
    const Duration delays[] = {1us, 1s, 1min, 10min};
    const Duration delay = random_.one_of(delays);
    switch (random_.below(8)) {
    case 0:
    case 1:
        if (!is_plainer(Plainer::no_times)) job.delay = delay;
        break;
    case 2:
        if (!is_plainer(Plainer::no_times)) job.run_at = now_ + delay;
        break;
    case 3:
        if (!is_plainer(Plainer::no_times)) job.run_at = now_ - delay;
    }
    if (chance(10, Plainer::no_times)) job.start_within = 1min;
    if (chance(10, Plainer::no_times) && job.start_within == TimeSpan{}) job.deadline = now_ + 1h;
    const std::string& unique_key = random_.one_of(all_keys);
    const std::string& idempotency_key = random_.one_of(all_keys);
    const std::string& limit_key = random_.one_of(all_keys);
    if (chance(20, Plainer::no_keys)) job.unique_key = unique_key;
    if (chance(8, Plainer::no_keys)) job.idempotency_key = idempotency_key;
    if (chance(30, Plainer::no_keys)) job.limit_key = limit_key;
    const OnConflict conflicts[] = {OnConflict::keep, OnConflict::replace, OnConflict::refuse};
    job.on_conflict = random_.one_of(conflicts);
    if (chance(20, Plainer::no_parents)) {
        for (auto left = some(3); left > 0; --left) {
            auto parent = id();
            if (!before.empty() && random_.percent(40))
                parent = before[random_.below(before.size())].id;
            const bool is_new = std::ranges::find(job.after, parent) == job.after.end();
            if (is_new && parent != job.id) job.after.push_back(parent);
        }
        const OnParentFailure policies[] = {OnParentFailure::cancel, OnParentFailure::fail,
                                            OnParentFailure::run};
        job.on_parent_failure = random_.one_of(policies);
    }
    return job;
}

std::vector<NewJob> Draw::new_jobs() {
    std::vector<NewJob> jobs;
    for (auto left = some(4); left > 0; --left) jobs.push_back(new_job(jobs));
    return jobs;
}

LeaseRef Draw::lease() {
    const auto chance = random_.below(12);
    const auto any = id();
    auto id = pick(those([](const Job& job) { return job.status == JobStatus::processing; }));
    if (chance == 0) id = any;
    const auto entry = model_.entries().find(id);
    LeaseRef lease{id, entry == model_.entries().end() ? 1 : entry->second.job.fence};
    if (chance == 1) --lease.fence;
    if (chance == 2) ++lease.fence;
    return lease;
}

Progress Draw::progress() {
    const std::string messages[] = {"", "half", "near"};
    const auto percent = static_cast<int>(random_.below(101));
    return {percent, random_.one_of(messages)};
}

std::vector<Settlement> Draw::settlements() {
    std::vector<Settlement> settlements;
    const bool is_any = random_.percent(70);
    for (auto left = some(4); left > 0; --left) {
        const auto lease = this->lease();
        const JobError error{.code = "E1",
                             .message = "broken",
                             .details = JsonText::parse(random_.one_of(all_inputs))};
        const Duration delays[] = {0s, 1s, 1min, 10min};
        const Duration delay = random_.one_of(delays);
        const auto settlement = [&] {
            switch (random_.below(8)) {
            case 0:
            case 1:
            case 2:
                return Settlement::completed(lease, JsonText::parse(random_.one_of(all_inputs)));
            case 3:
                return Settlement::failed(lease, error);
            case 4:
            case 5:
                return Settlement::retried(lease, error, delay);
            case 6:
                return Settlement::released(lease, delay);
            default:
                return Settlement::cancelled(lease);
            }
        };
        auto one = settlement();
        if (chance(30, Plainer::no_progress)) one = std::move(one).with_progress(progress());
        // Whether one settlement's follow-ups find what the next one frees is open.
        if (left == 1 && chance(25, Plainer::no_follow_ups))
            one = std::move(one).with_follow_ups(new_jobs());
        settlements.push_back(std::move(one));
    }
    if (!is_any) settlements.clear();
    return settlements;
}

std::vector<Heartbeat> Draw::heartbeats() {
    std::vector<Heartbeat> heartbeats;
    for (auto left = some(4); left > 0; --left) {
        Heartbeat one{.lease = lease()};
        if (chance(60, Plainer::no_progress)) one.progress = progress();
        const std::string names[] = {"load", "store"};
        if (chance(25, Plainer::no_progress))
            one.step = Step{random_.one_of(names), JsonText::parse(random_.one_of(all_inputs))};
        one.started = chance(40, Plainer::default_rest);
        heartbeats.push_back(std::move(one));
    }
    return heartbeats;
}

std::vector<LeaseRef> Draw::leases() {
    std::vector<LeaseRef> leases;
    for (auto left = some(4); left > 0; --left) leases.push_back(lease());
    return leases;
}

std::vector<std::string> Draw::queues() {
    std::vector<std::string> queues;
    for (auto left = some(3); left > 0; --left)
        if (const auto name = queue(); std::ranges::find(queues, name) == queues.end())
            queues.push_back(name);
    return queues;
}

std::vector<Limit> Draw::own_limits() {
    if (!chance(15, Plainer::no_own_limits)) return {};
    return {{.name = "own", .type = "paint", .concurrency = 1}};
}

JobQuery Draw::query() {
    JobQuery query;
    if (random_.percent(30)) query.owner = random_.one_of(all_owners);
    if (random_.percent(30)) query.queue = queue();
    if (random_.percent(20)) query.type = type();
    const JobStatus statuses[] = {JobStatus::pending, JobStatus::processing, JobStatus::completed,
                                  JobStatus::failed, JobStatus::cancelled};
    if (random_.percent(30)) query.status = random_.one_of(statuses);
    query.library_jobs = !random_.percent(20);
    if (random_.percent(10)) query.idempotency_key = random_.one_of(all_keys);
    if (chance(10, Plainer::no_parents)) query.needed_by = id();
    if (random_.percent(20)) query.before = id();
    query.limit = random_.percent(50) ? 100 : 1 + random_.below(5);
    const JobParts parts[] = {JobParts::all, JobParts::outcome, JobParts::summary};
    query.parts = random_.one_of(parts);
    return query;
}

JobSearch Draw::search() {
    JobSearch search;
    const JobStatus statuses[] = {JobStatus::pending, JobStatus::processing, JobStatus::completed,
                                  JobStatus::failed, JobStatus::cancelled};
    if (random_.percent(40)) search.statuses = {random_.one_of(statuses)};
    if (random_.percent(20)) search.statuses.push_back(random_.one_of(statuses));
    if (random_.percent(30)) search.queue = queue();
    if (random_.percent(20)) search.type = type();
    if (random_.percent(20)) search.owner = random_.one_of(all_owners);
    if (random_.percent(10)) search.worker = worker();
    const std::string codes[] = {"E1", "E", std::string(error_code::parent_failed)};
    if (random_.percent(15)) search.error_code = random_.one_of(codes);
    if (random_.percent(10)) search.key = random_.one_of(all_keys);
    if (chance(10, Plainer::no_parents)) search.parents_of = id();
    if (chance(10, Plainer::no_parents)) search.children_of = id();
    const Duration ages[] = {0s, 1s, 1min, 1h, 24h};
    // Over many sequences the clock may go back to 1970.
    const auto before = [&] { return std::max(now_ - random_.one_of(ages), Timestamp{}); };
    if (random_.percent(10)) search.created_since = before();
    if (random_.percent(10)) search.created_until = before();
    search.library_jobs = random_.percent(70);
    if (random_.percent(50)) search.limit = 1 + random_.below(5);
    if (random_.percent(30)) search.looks = 1 + random_.below(5);
    return search;
}

Cancellation Draw::cancellation() {
    const std::string reasons[] = {"", "too late", "wrong"};
    return {.reason = random_.one_of(reasons), .force = random_.percent(25)};
}

Limit Draw::limit() {
    // A name stands for the same jobs all along: what else becomes of those that hold a place is
    // open.
    Limit limits[] = {{.name = "reds", .queue = "red"},
                      {.name = "owners", .queue = "green", .scope = LimitScope::owner},
                      {.name = "keys", .type = "paint", .scope = LimitScope::key},
                      {.name = "turns", .queue = "blue", .scope = LimitScope::owner}};
    Limit limit = random_.one_of(limits);
    const bool is_off = random_.percent(40);
    const auto concurrency = 1 + random_.below(3), rate = 1 + random_.below(3),
               burst = 1 + random_.below(2);
    const auto kind = random_.below(3);
    if (is_off) return limit;
    if (limit.name == "turns") {
        limit.round_robin = true;
        return limit;
    }
    if (kind != 0) limit.concurrency = concurrency;
    if (kind != 1) {
        limit.rate = rate;
        limit.period = 1min;
        limit.burst = burst;
    }
    return limit;
}

std::size_t Draw::count() {
    const std::size_t counts[] = {0, 1, 2, 3, 100, 100, 100, 100};
    return random_.one_of(counts);
}

Duration Draw::lease_for() {
    const Duration leases[] = {0s, 1s, 30s, 30s, 10min};
    const Duration lease_for = random_.one_of(leases);
    return is_plainer(Plainer::default_rest) ? Duration{30s} : lease_for;
}

int Draw::crash_limit() { return 1 + static_cast<int>(random_.below(3)); }

Duration Draw::jump() {
    const Duration jumps[] = {1us, 1ms, 1s, 20s, 1min, 1h, 24h};
    const Duration jump = random_.one_of(jumps);
    const Duration jumps_back[] = {1us, 400ms, 2s, 20s, 1min, 1h, 24h, 30 * 24h};
    const Duration back = random_.one_of(jumps_back);
    if (random_.percent(10)) return -back;
    if (const auto next = model_.next_time(now_); next && random_.percent(50))
        return *next - now_ + Duration{random_.percent(30) ? -1 : 0};
    return jump;
}

namespace {

/// Members of one value.
class Members {
public:
    Members& add(std::string_view name, const std::string& value) {
        text_ += fmt::format("{}.{} = {}", text_.empty() ? "" : ", ", name, value);
        return *this;
    }
    Members& add(bool is_there, std::string_view name, const std::string& value) {
        return is_there ? add(name, value) : *this;
    }
    std::string text() const { return '{' + text_ + '}'; }

private:
    std::string text_;
};

std::string quoted(std::string_view text) { return fmt::format("\"{}\"", text); }

std::string name_of(Settlement::Kind kind) {
    using Kind = Settlement::Kind;
    switch (kind) {
    case Kind::completed:
        return "completed";
    case Kind::failed:
        return "failed";
    case Kind::retried:
        return "retried";
    case Kind::released:
        return "released";
    case Kind::cancelled:
        break;
    }
    return "cancelled";
}

std::string describe(const Progress& progress) {
    return fmt::format("{} % {}", progress.percent, quoted(progress.message));
}

} // namespace

/// The end, which distinguishes the ids of one sequence.
std::string describe(const JobId& id) { return fmt::format("job {}", id.text().substr(33)); }

std::string describe(const LeaseRef& lease) {
    return fmt::format("{} fence {}", describe(lease.id), lease.fence);
}

std::string describe(Duration duration) {
    const auto us = duration.count();
    if (us % 1'000'000 == 0) return fmt::format("{}s", us / 1'000'000);
    return fmt::format("{}us", us);
}

std::string describe(const NewJob& job) {
    const NewJob plain;
    Members members;
    members.add("id", describe(job.id)).add("type", job.type).add("queue", job.queue);
    members.add(!job.owner.empty(), "owner", job.owner)
        .add(job.priority != 0, "priority", std::to_string(job.priority))
        .add(job.delay > TimeSpan{}, "delay", describe(job.delay))
        .add(job.run_at.has_value(), "run_at", job.run_at ? to_rfc3339(*job.run_at) : "")
        .add(job.deadline.has_value(), "deadline", job.deadline ? to_rfc3339(*job.deadline) : "")
        .add(job.start_within > TimeSpan{}, "start_within", describe(job.start_within))
        .add(job.retention != plain.retention, "retention", describe(job.retention))
        .add(job.keep_failed.has_value(), "keep_failed",
             describe(job.keep_failed.value_or(TimeSpan{})))
        .add(job.unique_key.has_value(), "unique_key", job.unique_key.value_or(""))
        .add(job.idempotency_key.has_value(), "idempotency_key", job.idempotency_key.value_or(""))
        .add(job.limit_key.has_value(), "limit_key", job.limit_key.value_or(""))
        .add(job.on_conflict == OnConflict::replace, "on_conflict", "replace")
        .add(!job.after.empty(), "after", '{' + describe_all(job.after) + '}');
    if (!job.after.empty()) members.add("on_parent_failure", show(job.on_parent_failure));
    return members.text();
}

std::string describe(const Settlement& settlement) {
    std::string text =
        fmt::format("{}({}", name_of(settlement.kind()), describe(settlement.lease()));
    if (settlement.delay() > Duration::zero()) text += ", " + describe(settlement.delay());
    text += ')';
    if (settlement.progress()) text += " with progress " + describe(*settlement.progress());
    if (!settlement.follow_ups().empty())
        text += " with follow-ups " + describe_all(settlement.follow_ups());
    return text;
}

std::string describe(const Heartbeat& heartbeat) {
    std::string text = describe(heartbeat.lease);
    if (heartbeat.progress) text += " progress " + describe(*heartbeat.progress);
    if (heartbeat.step) text += " step " + heartbeat.step->name;
    if (heartbeat.started) text += " started";
    return '{' + text + '}';
}

std::string describe(const ClaimRequest& request) {
    if (request.limit == 0) return "no claim";
    std::string queues;
    for (const auto& queue : request.queues) queues += (queues.empty() ? "" : ", ") + queue;
    return Members()
        .add("worker", std::string(request.worker))
        .add("queues", '{' + queues + '}')
        .add("limit", std::to_string(request.limit))
        .add("lease_for", describe(request.lease_for))
        .add(!request.limits.empty(), "limits", describe_all(request.limits))
        .add(request.ahead, "ahead", "true")
        .text();
}

std::string describe(const JobQuery& query) {
    return Members()
        .add(query.owner.has_value(), "owner", quoted(query.owner.value_or("")))
        .add(query.queue.has_value(), "queue", query.queue.value_or(""))
        .add(query.type.has_value(), "type", query.type.value_or(""))
        .add(query.status.has_value(), "status", query.status ? show(*query.status) : "")
        .add(!query.library_jobs, "library_jobs", "false")
        .add(query.idempotency_key.has_value(), "idempotency_key",
             query.idempotency_key.value_or(""))
        .add(query.needed_by.has_value(), "needed_by",
             query.needed_by ? describe(*query.needed_by) : "")
        .add(query.before.has_value(), "before", query.before ? describe(*query.before) : "")
        .add("limit", std::to_string(query.limit))
        .text();
}

std::string describe(const JobSearch& search) {
    std::string statuses;
    for (const JobStatus status : search.statuses) statuses += ' ' + show(status);
    const auto id = [](const std::optional<JobId>& one) { return one ? describe(*one) : ""; };
    const auto time = [](const std::optional<Timestamp>& one) { return one ? show(*one) : ""; };
    return Members()
        .add(!statuses.empty(), "statuses", statuses)
        .add(search.queue.has_value(), "queue", search.queue.value_or(""))
        .add(search.type.has_value(), "type", search.type.value_or(""))
        .add(search.owner.has_value(), "owner", quoted(search.owner.value_or("")))
        .add(search.worker.has_value(), "worker", search.worker.value_or(""))
        .add(search.error_code.has_value(), "error_code", search.error_code.value_or(""))
        .add(search.key.has_value(), "key", search.key.value_or(""))
        .add(search.parents_of.has_value(), "parents_of", id(search.parents_of))
        .add(search.children_of.has_value(), "children_of", id(search.children_of))
        .add(search.created_since.has_value(), "created_since", time(search.created_since))
        .add(search.created_until.has_value(), "created_until", time(search.created_until))
        .add(search.library_jobs, "library_jobs", "true")
        .add("limit", std::to_string(search.limit))
        .add("looks", std::to_string(search.looks))
        .text();
}

std::string describe(const Limit& limit) {
    return Members()
        .add("name", limit.name)
        .add(!limit.queue.empty(), "queue", limit.queue)
        .add(!limit.type.empty(), "type", limit.type)
        .add(limit.concurrency > 0, "concurrency", std::to_string(limit.concurrency))
        .add(limit.rate > 0, "rate", std::to_string(limit.rate))
        .add(limit.rate > 0, "burst", std::to_string(limit.burst))
        .add(limit.round_robin, "round_robin", "true")
        .text();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::testing::detail
