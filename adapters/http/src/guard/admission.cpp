#include "guard/admission.hpp"

#include "message/negotiation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

Admission::Admission(const ApiOptions& options, const Runtime& runtime, const JobRenderer& renderer)
    : options_(options), runtime_(runtime), renderer_(renderer),
      waits_(options.max_waits, options.max_waits_per_owner),
      streams_(options.max_streams, options.max_streams_per_owner),
      submit_quota_(options.submits_per_owner, options.submits_period) {}

void Admission::check_not_draining() const {
    if (draining_) throw renderer_.try_later(503, "draining", "the service is shutting down");
}

std::optional<std::chrono::seconds> Admission::wait_for(const Request& request) const {
    auto wanted = preferred_wait(request.headers);
    if (!wanted) return std::nullopt;
    using std::chrono::seconds;
    wanted = std::min(*wanted, std::chrono::duration_cast<seconds>(options_.max_wait));
    return *wanted > seconds::zero() ? wanted : std::nullopt;
}

ConcurrencyLimiter::Permit Admission::take_wait(const std::string& who) {
    return take(waits_, who, "waiting requests");
}

ConcurrencyLimiter::Permit Admission::take_stream(const std::string& who) {
    return take(streams_, who, "event streams");
}

ConcurrencyLimiter::Permit Admission::take(ConcurrencyLimiter& limiter, const std::string& who,
                                           std::string_view what) const {
    auto [permit, full] = limiter.take(who);
    if (full == ConcurrencyLimiter::Full::no) return std::move(permit);
    if (full == ConcurrencyLimiter::Full::for_one)
        throw renderer_.try_later(429, "quota_exceeded",
                                  fmt::format("too many {} for this owner", what));
    throw renderer_.try_later(503, "overloaded", fmt::format("too many {}", what));
}

bool Admission::take_submit(const std::string& who, Headers& headers) {
    if (!submit_quota_.is_set()) return true;
    const auto standing = submit_quota_.take(who, runtime_.now());
    submit_quota_.describe("submits", standing, headers);
    if (!standing.granted)
        headers.set("Retry-After",
                    std::to_string(std::max<std::int64_t>(
                        1, std::chrono::ceil<std::chrono::seconds>(standing.next_in).count())));
    return standing.granted;
}

void Admission::refund_submit(const std::string& who, Headers& headers) {
    if (submit_quota_.is_set())
        submit_quota_.describe("submits", submit_quota_.refund(who, runtime_.now()), headers);
}

Problem quota_exceeded(const Headers& headers) {
    Problem problem(429, "quota_exceeded", "submit quota exceeded");
    for (const auto& [name, value] : headers)
        std::move(problem).with_header(name, value); // NOLINT(bugprone-use-after-move): a builder
    return problem;
}

std::string limit_key(const std::string& owner, const Request& request) {
    return owner.empty() ? network_of(request.client_address) : owner;
}

std::string limit_key(const Call& call) { return limit_key(call.principal.owner, call.request); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
