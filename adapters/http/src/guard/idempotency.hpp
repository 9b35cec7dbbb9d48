#pragma once

#include <asyncjobs/http/call.hpp>
#include <asyncjobs/json_text.hpp>
#include <asyncjobs/time.hpp>

#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A submit that its client may repeat.
struct Idempotency {
    std::string key = {};     ///< of the job: made of owner, route and the client's key
    std::string request = {}; ///< a hash of target and document, which a repeated request must have

    /// The estimated time of the first response, which the job itself does not have.
    std::optional<Duration> estimate = {};
};

/// Reads the request's `Idempotency-Key` (quoted or raw, 1-255 visible ASCII characters); empty if
/// absent. Throws Problem (400) for one that breaks the rule.
std::optional<Idempotency> read_idempotency(const Call& call);

/// Adds `request` and `estimate` to a job's metadata.
void note(const Idempotency& idempotency, boost::json::object& metadata);

/// Reads `request` and `estimate` from a job's metadata; empty if absent.
std::optional<Idempotency> noted_idempotency(const JsonText& metadata);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
