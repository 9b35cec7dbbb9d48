#include "limit_book.hpp"

#include "job_record.hpp"

#include <asyncjobs/store/store_helpers.hpp>

#include <boost/json/array.hpp>

#include <algorithm>

using namespace asyncjobs;

namespace {

boost::json::object to_record(const Limit& limit) {
    return {{"name", limit.name},
            {"queue", limit.queue},
            {"type", limit.type},
            {"per", static_cast<int>(limit.scope)},
            {"concurrency", limit.concurrency},
            {"rate", limit.rate},
            {"period", limit.period.count()},
            {"burst", limit.burst},
            {"round_robin", limit.round_robin}};
}

Limit limit_from_record(const boost::json::value& record) {
    return {.name = text(record.at("name")),
            .queue = text(record.at("queue")),
            .type = text(record.at("type")),
            .scope = LimitScope(record.at("per").to_number<int>()),
            .concurrency = record.at("concurrency").to_number<std::size_t>(),
            .rate = record.at("rate").to_number<std::size_t>(),
            .period = Duration(record.at("period").as_int64()),
            .burst = record.at("burst").to_number<std::size_t>(),
            .round_robin = record.at("round_robin").as_bool()};
}

boost::json::object to_record(const LimitBucket& bucket) {
    boost::json::object record{{"next_at", number(bucket.next_at)}};
    if (bucket.served_at) record["served_at"] = number(*bucket.served_at);
    return record;
}

LimitBucket bucket_from_record(const boost::json::value& record) {
    LimitBucket bucket{.next_at = time(record.at("next_at"))};
    if (const auto* served_at = record.as_object().if_contains("served_at"))
        bucket.served_at = time(*served_at);
    return bucket;
}

} // namespace

void LimitBook::set(const Limit& limit) {
    const auto known = limits_.find(limit.name);
    if (known != limits_.end() && known->second == limit) return;
    limits_.erase(limit.name);
    const LimitsOfClaim its({&limit, 1}, {}, {});
    std::erase_if(buckets_, [&](const auto& bucket) { return its.limit_of(bucket.first); });
    if (is_limiting(limit)) limits_.emplace(limit.name, limit);
    changed_limits_.insert(limit.name);
}

std::vector<Limit> LimitBook::limits() const {
    std::vector<Limit> all;
    for (const auto& [name, limit] : limits_) all.push_back(limit);
    return all;
}

LimitBucket& LimitBook::changed(const std::string& name) {
    changed_buckets_.insert(name);
    return buckets_[name];
}

Timestamp LimitBook::next_served_at(Timestamp now) {
    return last_served_at_ = std::max(now, last_served_at_ + Duration{1});
}

void LimitBook::leave_all_places() {
    for (auto& [name, bucket] : buckets_) bucket.held = 0;
}

void LimitBook::write_changes(boost::json::object& line) {
    boost::json::array limits;
    for (const auto& name : changed_limits_) {
        const auto found = limits_.find(name);
        limits.push_back(to_record(found == limits_.end() ? Limit{.name = name} : found->second));
    }
    boost::json::object buckets;
    for (const auto& name : changed_buckets_)
        if (const auto found = buckets_.find(name); found != buckets_.end())
            buckets[name] = to_record(found->second);
    line["limits"] = std::move(limits);
    line["limit_buckets"] = std::move(buckets);
    changed_limits_.clear();
    changed_buckets_.clear();
}

void LimitBook::read_changes(const boost::json::object& line) {
    if (const auto* limits = line.if_contains("limits"))
        for (const auto& limit : limits->as_array()) set(limit_from_record(limit));
    if (const auto* buckets = line.if_contains("limit_buckets"))
        for (const auto& [name, record] : buckets->as_object()) {
            const auto& read = buckets_[name] = bucket_from_record(record);
            if (read.served_at) last_served_at_ = std::max(last_served_at_, *read.served_at);
        }
    changed_limits_.clear();
}

LimitedClaim::LimitedClaim(LimitBook& book, const ClaimRequest& request, Timestamp now)
    : book_(book), worker_(request.worker), now_(now), of_all_(book.limits()),
      limits_(of_all_, request.limits, request.worker) {
    book_.leave_all_places();
}

void LimitedClaim::count(const Job& job) {
    for (const LimitedBy& by : limits_of(job))
        if (!by.of_worker || job.worker == worker_) ++book_.bucket(by.bucket).held;
}

Timestamp LimitedClaim::place(const Job& job) {
    Timestamp place = claim_time(job.run_at, job.priority, now_);
    for (const LimitedBy& by : limits_of(job))
        if (by.limit->round_robin)
            place = std::max(place, book_.bucket(by.bucket).served_at.value_or(place));
    return place;
}

std::optional<LimitRefusal> LimitedClaim::admit(const Job& job) {
    auto limits = limits_of(job);
    // place() has seen to the turns.
    std::erase_if(limits, [](const LimitedBy& by) { return by.limit->round_robin; });
    const auto bucket = [this](const std::string& name) -> LimitBucket& {
        return book_.bucket(name);
    };
    const auto back = [this] { return now_; };
    if (auto refused = asyncjobs::admit({job.id, job.run_at}, limits, bucket, now_, back)) {
        if (refused->by.limit->rate > 0) book_.changed(refused->by.bucket);
        return refused;
    }
    for (const LimitedBy& by : limits)
        if (by.limit->rate > 0) book_.changed(by.bucket);
    for (const LimitedBy& by : limits_of(job))
        if (by.limit->round_robin) book_.changed(by.bucket).served_at = book_.next_served_at(now_);
    return {};
}

Duration LimitedClaim::wait(const LimitRefusal& refused) {
    const Limit& limit = *refused.by.limit;
    if (limit.rate == 0) return {};
    return std::max(next_start(limit, book_.bucket(refused.by.bucket), now_) - now_, Duration{});
}
