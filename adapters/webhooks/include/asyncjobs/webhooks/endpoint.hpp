#pragma once

#include <asyncjobs/job.hpp>

#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What notifications are signed with.
struct WebhookSecret {
    std::string text = {}; ///< `whsec_` and the base64 of 24-64 bytes: see webhooks::make_secret()
    std::optional<Timestamp> expires_at = {}; ///< empty: as long as it is there
};

/// Where an owner wants to be told how its jobs ended. Made for designated initialisers.
struct WebhookEndpoint {
    /// Unique for the owner: 1-100 characters of `A-Z a-z 0-9 . _ : -`, but neither `.` nor `..`: one
    /// segment of a URL's path, which no proxy changes.
    std::string name = {};
    std::string url = {};
    /// The ends that it is told of; empty: none but of jobs that name an URL themselves.
    std::vector<JobStatus> events = {JobStatus::completed, JobStatus::failed, JobStatus::cancelled};
    /// The first one is the current one; others are those before it. Up to 10.
    std::vector<WebhookSecret> secrets = {};
    std::string disabled = {}; ///< why it is told of nothing; empty: it is told
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
