#pragma once

#include <asyncjobs/http/call.hpp>
#include <asyncjobs/json_text.hpp>
#include <asyncjobs/time.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A submit that its client may repeat, and what its job keeps of it in its metadata.
struct Idempotency {
    std::string key = {};     ///< of the job: made of owner, route and the client's key
    std::string request = {}; ///< a hash of target and document: what a repeated one must be like

    /// What an answer holds that is not in the job: how long it was thought to take.
    std::optional<Duration> estimate = {};
};

/// What the request's `Idempotency-Key` (quoted or raw, 1-255 visible ASCII characters) makes of
/// it; empty if there is none. Throws Problem (400) for one that breaks the rule.
std::optional<Idempotency> read_idempotency(const Call& call);

void note(const Idempotency& idempotency, boost::json::object& metadata);

/// What note() has noted of `request` and `estimate`; empty if it has not.
std::optional<Idempotency> noted_idempotency(const JsonText& metadata);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
