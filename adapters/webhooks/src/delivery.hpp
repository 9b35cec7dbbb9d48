#pragma once

#include "job_status.hpp"

#include <asyncjobs/json.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks {

/// The input of a delivery. It names no job, for it tells of the one that it waited for: where a
/// unique key was taken, that is not the one that was submitted with it.
struct Delivery {
    static constexpr std::string_view type = "asyncjobs.webhook";
    std::string endpoint = {}; ///< its name; empty: to callback_url
    std::string callback_url = {};
    /// The revision that the job had when it was started anew, after it had been told of: what came
    /// later is meant. 0: whatever it is.
    std::int64_t after_revision = 0;

    friend bool operator==(const Delivery&, const Delivery&) = default;
};
BOOST_DESCRIBE_STRUCT(Delivery, (), (endpoint, callback_url, after_revision))

/// One and the same for a job and a place that it is told to; as old as the job's.
JobId delivery_id(const JobId& job, const Delivery& delivery);

/// The job that carries it out, once `job` has finished.
NewJob new_delivery(const JobId& job, const std::string& owner, const Delivery& delivery,
                    const WebhookOptions& options);

/// What all attempts of a delivery send, whatever becomes of the job meanwhile.
struct Message {
    std::string id = {}; ///< also of another delivery that tells the same to the same place
    JobStatus status = JobStatus::completed;
    std::string body = {};
    std::string traceparent = {}; ///< the job's; empty: it has none
};
BOOST_DESCRIBE_STRUCT(Message, (), (id, status, body, traceparent))

/// `job` has finished; its id is appended to `status_url_prefix` unless that is empty.
Message message_of(const Job& job, const Delivery& delivery, std::string_view status_url_prefix);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::webhooks
