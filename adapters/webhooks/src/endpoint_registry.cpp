#include "endpoint_registry.hpp"

#include "job_status.hpp"

#include <asyncjobs/detail/name_hash.hpp>
#include <asyncjobs/handler.hpp>

#include <boost/uuid/uuid_io.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI {

BOOST_DESCRIBE_STRUCT(WebhookSecret, (), (text, expires_at))

namespace webhooks {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view record_queue = "asyncjobs.webhooks";
constexpr Timestamp never{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};
constexpr Duration fresh_for = 1s;
constexpr std::size_t most_pages = 10'000; ///< kept in memory

/// The input of an endpoint's job.
struct EndpointRecord {
    static constexpr std::string_view type = "asyncjobs.webhook_endpoint";
    std::string name = {};
    std::string url = {};
    std::vector<JobStatus> events = {};
    std::vector<WebhookSecret> secrets = {};
};
BOOST_DESCRIBE_STRUCT(EndpointRecord, (), (name, url, events, secrets))

/// The input of the job that marks an endpoint as disabled.
struct DisabledRecord {
    static constexpr std::string_view type = "asyncjobs.webhook_disabled";
    std::string name = {};
    std::string url = {};
    std::string why = {};
};
BOOST_DESCRIBE_STRUCT(DisabledRecord, (), (name, url, why))

/// Differs from the owner, whose lists must not contain the records.
std::string owner_of_records(const std::string& owner) {
    return fmt::format("{}/{}", record_queue, to_string(detail::name_hash(owner)));
}

template <typename Record>
NewJob record_of(const std::string& owner, const Record& record) {
    const auto holder = owner_of_records(owner);
    auto unique_key = fmt::format("{}/{}/{}", holder, Record::type, record.name);
    return new_job(record, {.queue = std::string(record_queue),
                            .owner = holder,
                            .run_at = never,
                            .unique_key = std::move(unique_key),
                            .on_conflict = OnConflict::replace});
}

} // namespace

const WebhookEndpoint* find_endpoint(const std::vector<WebhookEndpoint>& endpoints,
                                     std::string_view name) {
    const auto found = std::ranges::find(endpoints, name, &WebhookEndpoint::name);
    return found == endpoints.end() ? nullptr : &*found;
}

std::vector<WebhookEndpoint> EndpointRegistry::known(const std::string& owner) {
    const auto now = runtime_->now();
    {
        const std::lock_guard lock(mutex_);
        const auto page = pages_.find(owner);
        if (page != pages_.end() && now - page->second.read_at < fresh_for)
            return page->second.endpoints;
    }
    auto endpoints = read(owner);
    const std::lock_guard lock(mutex_);
    if (pages_.size() >= most_pages) pages_.clear();
    pages_.insert_or_assign(owner, Page{endpoints, now});
    return endpoints;
}

std::vector<WebhookEndpoint> EndpointRegistry::read(const std::string& owner) {
    std::map<std::string, WebhookEndpoint> by_name;
    const auto jobs = records(owner);
    for (const auto& job : jobs) {
        if (job.type != EndpointRecord::type) continue;
        auto record = json::parse<EndpointRecord>(job.input);
        auto name = record.name;
        by_name.insert_or_assign(std::move(name),
                                 WebhookEndpoint{.name = std::move(record.name),
                                                 .url = std::move(record.url),
                                                 .events = std::move(record.events),
                                                 .secrets = std::move(record.secrets)});
    }
    for (const auto& job : jobs) {
        if (job.type != DisabledRecord::type) continue;
        auto record = json::parse<DisabledRecord>(job.input);
        const auto endpoint = by_name.find(record.name);
        if (endpoint != by_name.end() && endpoint->second.url == record.url)
            endpoint->second.disabled = std::move(record.why);
    }
    std::vector<WebhookEndpoint> endpoints;
    endpoints.reserve(by_name.size());
    for (auto& [name, endpoint] : by_name) endpoints.push_back(std::move(endpoint));
    return endpoints;
}

void EndpointRegistry::put(const std::string& owner, const WebhookEndpoint& endpoint) {
    client_.submit(record_of(owner, EndpointRecord{.name = endpoint.name,
                                                   .url = endpoint.url,
                                                   .events = endpoint.events,
                                                   .secrets = endpoint.secrets}));
    forget(owner);
}

bool EndpointRegistry::remove(const std::string& owner, std::string_view name) {
    enable(owner, name);
    return erase(owner, EndpointRecord::type, name);
}

void EndpointRegistry::disable(const std::string& owner, const WebhookEndpoint& endpoint,
                               std::string why) {
    client_.submit(record_of(
        owner, DisabledRecord{.name = endpoint.name, .url = endpoint.url, .why = std::move(why)}));
    forget(owner);
}

void EndpointRegistry::enable(const std::string& owner, std::string_view name) {
    erase(owner, DisabledRecord::type, name);
}

std::vector<Job> EndpointRegistry::records(const std::string& owner) {
    JobQuery query{.owner = owner_of_records(owner), .status = JobStatus::pending, .limit = 500};
    std::vector<Job> jobs;
    for (bool more = true; more;) {
        auto page = client_.list(query);
        more = page.more;
        if (more) query.before = page.jobs.back().id;
        std::ranges::move(page.jobs, std::back_inserter(jobs));
    }
    return jobs;
}

/// Cancelling a record releases its key; removing it deletes the secrets that it may contain.
bool EndpointRegistry::erase(const std::string& owner, std::string_view type,
                             std::string_view name) {
    bool erased = false;
    for (const auto& job : records(owner)) {
        const bool is_it =
            job.type == type && json::to_value(job.input).at("name").as_string() == name;
        if (is_it && client_.cancel(job.id) == CancelOutcome::cancelled) {
            client_.remove(job.id);
            erased = true;
        }
    }
    forget(owner);
    return erased;
}

void EndpointRegistry::forget(const std::string& owner) {
    const std::lock_guard lock(mutex_);
    pages_.erase(owner);
}

} // namespace webhooks
} // namespace asyncjobs::inline ASYNCJOBS_ABI
