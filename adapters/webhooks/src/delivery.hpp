#pragma once

#include "job_status.hpp"

#include <asyncjobs/json.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// The input of a delivery. It names no job, since it reports the one that it waited for: if a
/// unique key was taken, that is not the job that was submitted with it.
struct Delivery {
    static constexpr std::string_view type = "asyncjobs.webhook";
    std::string endpoint = {}; ///< its name; empty: to callback_url
    std::string callback_url = {};
    /// The job's revision before its retry: only a later one is reported. 0: any.
    std::int64_t after_revision = 0;

    friend bool operator==(const Delivery&, const Delivery&) = default;
};
BOOST_DESCRIBE_STRUCT(Delivery, (), (endpoint, callback_url, after_revision))

/// The same for the same job and destination; has the time of the job's id.
JobId delivery_id(const JobId& job, const Delivery& delivery);

/// The job that delivers it once `job` has finished.
NewJob new_delivery(const JobId& job, const std::string& owner, const Delivery& delivery,
                    const WebhookOptions& options);

/// The message that every attempt of a delivery sends, even if the job changes meanwhile.
struct Message {
    std::string id = {}; ///< the same in every delivery of this revision to the same destination
    JobStatus status = JobStatus::completed;
    std::string body = {};
    std::string traceparent = {}; ///< the job's; empty: none
};
BOOST_DESCRIBE_STRUCT(Message, (), (id, status, body, traceparent))

/// `job` has finished; its id is appended to `status_url_prefix` unless that is empty.
Message message_of(const Job& job, const Delivery& delivery, std::string_view status_url_prefix);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
