#pragma once

#include <asyncjobs/detail/argument_check.hpp>
#include <asyncjobs/detail/base64url.hpp>
#include <asyncjobs/json.hpp>
#include <asyncjobs/sealing_job_store.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

// A sealed payload is the JSON string of this, the key's id, a comma, and the sealed bytes. Plain
// payloads of this form are always sealed, so none is mistaken for a sealed one.
inline constexpr std::string_view sealed_head = "\"asyncjobs.sealed:";
inline constexpr std::string_view unreadable_head = R"({"unreadable":)";

namespace sealed {
inline constexpr std::string_view input = "input", result = "result", step = "step",
                                  error = "error";
}

inline void check(const SealingOptions& options) {
    if (options.keys.empty()) refuse("keys", "", "must have a key");
    for (auto key = options.keys.begin(); key != options.keys.end(); ++key) {
        check_name("keys.id", key->id);
        if (!key->cipher) refuse("keys.cipher", key->id, "must not be null");
        if (std::any_of(options.keys.begin(), key,
                        [&](const SealingKey& other) { return other.id == key->id; }))
            refuse("keys.id", key->id, "must be unique");
    }
    check_range("retry_unreadable_after", options.retry_unreadable_after, std::chrono::seconds{1},
                std::chrono::days{1});
}

} // namespace detail

ASYNCJOBS_INLINE SealingJobStore::SealingJobStore(JobStore& inner, SealingOptions options)
    : ForwardingJobStore(inner), options_(std::move(options)) {
    detail::check(options_);
}

ASYNCJOBS_INLINE bool SealingJobStore::is_unreadable(const JsonText& payload) {
    return payload.text().starts_with(detail::unreadable_head);
}

ASYNCJOBS_INLINE JsonText SealingJobStore::seal(const JsonText& plain,
                                                std::string_view purpose) const {
    if (plain == JsonText()) return plain; // carries nothing, and stores write it themselves
    const SealingKey& key = options_.keys.front();
    std::string text =
        fmt::format("{}{},{}\"", detail::sealed_head, key.id,
                    detail::encode_base64url(key.cipher->seal(plain.text(), purpose)));
    if (text.size() > JsonText::max_size)
        throw Error(Errc::invalid_payload,
                    fmt::format("a sealed payload is {} bytes long, but must be at most {}",
                                text.size(), JsonText::max_size));
    return JsonText::trusted(std::move(text));
}

ASYNCJOBS_INLINE std::vector<NewJob> SealingJobStore::seal(std::span<const NewJob> jobs) const {
    std::vector<NewJob> copies(jobs.begin(), jobs.end());
    for (NewJob& job : copies) job.input = seal(job.input, detail::sealed::input);
    return copies;
}

ASYNCJOBS_INLINE Settlement SealingJobStore::seal(const Settlement& settlement) const {
    using Kind = Settlement::Kind;
    const auto error = [&] {
        JobError copy = settlement.error();
        copy.details = seal(copy.details, detail::sealed::error);
        return copy;
    };
    Settlement copy = [&] {
        switch (settlement.kind()) {
        case Kind::completed:
            return Settlement::completed(settlement.lease(),
                                         seal(settlement.result(), detail::sealed::result));
        case Kind::failed:
            return Settlement::failed(settlement.lease(), error());
        case Kind::retried:
            return Settlement::retried(settlement.lease(), error(), settlement.delay());
        case Kind::released:
        case Kind::cancelled:
            break;
        }
        return settlement;
    }();
    if (settlement.progress()) std::move(copy).with_progress(*settlement.progress());
    // NOLINTNEXTLINE(bugprone-use-after-move): a builder
    return std::move(copy).with_follow_ups(seal(settlement.follow_ups()));
}

ASYNCJOBS_INLINE std::optional<std::string> SealingJobStore::open(JsonText& payload,
                                                                  std::string_view purpose) const {
    std::string_view text = payload.text();
    std::string reason = "it is not sealed";
    if (!text.starts_with(detail::sealed_head)) {
        if (options_.accept_plain || payload == JsonText()) return std::nullopt;
    } else {
        text.remove_prefix(detail::sealed_head.size());
        const auto comma = std::min(text.find(','), text.size() - 1);
        const auto id = text.substr(0, comma);
        const auto key = std::ranges::find(options_.keys, id, &SealingKey::id);
        if (key == options_.keys.end()) {
            reason = fmt::format("it is sealed with the key \"{}\", which is unknown here",
                                 detail::printable(id));
        } else {
            reason = fmt::format("the key \"{}\" does not open it: it was changed, or sealed "
                                 "with another key of that id",
                                 key->id);
            text.remove_prefix(comma + 1);
            const auto bytes = detail::decode_base64url(text.substr(0, text.size() - 1));
            if (auto plain = bytes ? key->cipher->open(*bytes, purpose) : std::nullopt) {
                payload = JsonText::trusted(*std::move(plain));
                return std::nullopt;
            }
        }
    }
    payload = JsonText::trusted(
        fmt::format("{}{}}}", detail::unreadable_head, json::serialize(reason).text()));
    return reason;
}

ASYNCJOBS_INLINE void SealingJobStore::open(Job& job) const {
    open(job.input, detail::sealed::input);
    if (job.result) open(*job.result, detail::sealed::result);
    if (job.error) open(job.error->details, detail::sealed::error);
    for (Step& step : job.steps) open(step.result, detail::sealed::step);
}

ASYNCJOBS_INLINE void SealingJobStore::open(std::vector<ClaimedJob>& jobs) {
    std::vector<Settlement> unreadable;
    std::erase_if(jobs, [&](ClaimedJob& job) {
        auto reason = open(job.input, detail::sealed::input);
        for (Step& step : job.steps)
            if (auto why = open(step.result, detail::sealed::step)) reason = why;
        if (!reason) return false;
        unreadable.push_back(Settlement::released(job.lease, options_.retry_unreadable_after));
        if (options_.on_unreadable) options_.on_unreadable(job.lease.id, *reason);
        return true;
    });
    if (unreadable.empty()) return;
    try {
        inner().settle(unreadable);
    } catch (const std::exception&) { // their leases expire then
    }
}

ASYNCJOBS_INLINE std::vector<Submitted> SealingJobStore::submit(std::span<const NewJob> jobs) {
    return inner().submit(seal(jobs));
}

ASYNCJOBS_INLINE Exchange SealingJobStore::exchange(std::span<const Settlement> settlements,
                                                    const ClaimRequest& request) {
    std::vector<Settlement> sealed;
    sealed.reserve(settlements.size());
    for (const Settlement& settlement : settlements) sealed.push_back(seal(settlement));
    Exchange result = inner().exchange(sealed, request);
    const bool is_full = result.claimed.size() == request.limit;
    open(result.claimed);
    // Further due jobs may follow those released.
    if (is_full && result.claimed.size() < request.limit) result.next_due_in = Duration{0};
    return result;
}

ASYNCJOBS_INLINE std::vector<Renewal> SealingJobStore::renew(std::span<const Heartbeat> heartbeats,
                                                             Duration lease_for) {
    std::vector<Heartbeat> sealed(heartbeats.begin(), heartbeats.end());
    for (Heartbeat& heartbeat : sealed)
        if (heartbeat.step)
            heartbeat.step->result = seal(heartbeat.step->result, detail::sealed::step);
    return inner().renew(sealed, lease_for);
}

ASYNCJOBS_INLINE std::vector<ClaimedJob> SealingJobStore::leases_of(std::string_view worker) {
    auto jobs = inner().leases_of(worker);
    open(jobs);
    return jobs;
}

ASYNCJOBS_INLINE std::vector<std::optional<Job>> SealingJobStore::find(std::span<const JobId> ids) {
    auto jobs = inner().find(ids);
    for (auto& job : jobs)
        if (job) open(*job);
    return jobs;
}

ASYNCJOBS_INLINE JobPage SealingJobStore::list(const JobQuery& query) {
    auto page = inner().list(query);
    for (Job& job : page.jobs) open(job);
    return page;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
