#pragma once

#include <asyncjobs/job.hpp>

#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// A secret that notifications are signed with.
struct WebhookSecret {
    std::string text = {}; ///< `whsec_` and the base64 of 24-64 bytes: see webhooks::make_secret()
    std::optional<Timestamp> expires_at = {}; ///< empty: never
};

/// A URL that an owner's finished jobs are reported to. Made for designated initialisers.
struct WebhookEndpoint {
    /// Unique for the owner. 1-100 characters of `A-Z a-z 0-9 . _ : -`, but neither `.` nor `..`:
    /// one segment of a URL's path, which no proxy changes.
    std::string name = {};
    std::string url = {};
    /// The final statuses that it is notified of; empty: only callbacks, which name their own URL.
    std::vector<JobStatus> events = {JobStatus::completed, JobStatus::failed, JobStatus::cancelled};
    /// The first one is current, the others are earlier ones. Up to 10.
    std::vector<WebhookSecret> secrets = {};
    std::string disabled = {}; ///< why it is disabled; empty: it is enabled
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
