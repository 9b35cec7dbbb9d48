#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/log_entry.hpp>
#include <asyncjobs/operations/rights.hpp>
#include <asyncjobs/operations/schedules.hpp>
#include <asyncjobs/operations/submit_type.hpp>
#include <asyncjobs/operations/webhooks.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// The functions are called from several of the API's threads at once. Every member is checked by
/// add_routes().
struct Options {
    /// Required: what a caller may do. A caller without a right gets 403.
    std::function<Rights(const http::Principal&)> rights = {};
    /// Whether a caller may see jobs of a queue and a type; others do not exist for them. Callers
    /// with such a view get no counts of all jobs. The type is empty where a queue or a worker is
    /// meant. Empty: everyone who may see sees all.
    std::function<bool(const http::Principal&, std::string_view queue, std::string_view type)>
        visible = {};
    /// Changes a payload before it is shown, for example removes secrets. Empty: payloads are shown
    /// as they are stored, to the digit.
    std::function<JsonText(const Job&, std::string_view part, JsonText payload)> mask = {};
    /// The origin of the pages whose scripts may change something, for browsers that do not send
    /// `Sec-Fetch-Site`: `https://ops.example.org`. Empty: none.
    std::string origin = {};
    /// 100 ms - 1 min; the counts of one reading serve all callers for this long.
    TimeSpan refresh_every = std::chrono::seconds{1};
    TimeSpan orders_valid_for = std::chrono::minutes{1}; ///< 1 s - 1 h; of orders to workers
    /// The queue of bulk actions, which are jobs: see run_bulk_actions_on() in bulk.hpp.
    std::string bulk_queue = "operators";
    TimeSpan bulk_retention = std::chrono::hours{24 * 30}; ///< 0 - 100 years; of finished ones
    std::size_t export_limit = 100'000;                    ///< 1-1000000; jobs in an export
    /// The host's schedules: schedules_of(scheduler). Empty: the API has no routes for them.
    ScheduleControl schedules = {};
    /// The host's webhooks: webhooks_of(webhooks). Empty: the API has no routes for them.
    WebhookControl webhooks = {};
    /// The types of jobs that operators may submit, each once. Empty: the API has no route for it.
    std::vector<SubmitType> submit_types = {};
    bool described = true; ///< false: the routes are left out of `/openapi.json`
    /// Called if an entry of the audit could not be stored; must not throw.
    std::function<void(const LogEntry&)> log = {};
};

/// Adds the routes of operators below `/operator` to the API, whose authenticator names the
/// callers. docs/operators.md lists them. None of them is limited to the caller's own jobs.
///
/// A request that changes something must have `Sec-Fetch-Site: same-origin`, or the configured
/// `Origin` where the browser sends no `Sec-Fetch-Site`, or a bearer token and no cookie. Each is
/// recorded in the store's audit.
///
/// Ownership      Borrows the client and the store, which must outlive the API.
/// Errors         Bad options throw Error (Errc::invalid_argument) that names the option, the value
///                and the rule; a store without JobStore::operators(), Errc::unsupported.
ASYNCJOBS_OPERATIONS_DECL void add_routes(http::JobApi& api, Client& client, JobStore& store,
                                          Options options);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
