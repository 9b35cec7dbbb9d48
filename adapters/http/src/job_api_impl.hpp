#pragma once

#include "documents.hpp"
#include "followers.hpp"
#include "freed_memory.hpp"
#include "idempotency.hpp"
#include "metrics.hpp"
#include "openapi/description.hpp"
#include "quota.hpp"
#include "response_memory.hpp"
#include "router.hpp"
#include "seats.hpp"
#include "shared_calls.hpp"
#include "trusted_proxies.hpp"
#include "workload_cache.hpp"

#include <asyncjobs/http/job_api.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

class JobApi::Impl {
public:
    Impl(Client& client, std::shared_ptr<Runtime> runtime, ApiOptions options);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    /// `path` is relative to the prefix.
    void add_route(std::string_view method, std::string_view path, AnswerHandler handler,
                   RouteOptions options = {},
                   std::shared_ptr<const detail::SubmitRule> submission = {});
    void add_submit_route(std::string_view path, detail::SubmitRule rule);
    void add_generic_type(detail::SubmitRule rule);
    void follow(const detail::SubmitRule& rule);

    Ongoing handle(Request request, Respond respond);
    void drain();
    bool serves(std::string_view target) const noexcept;
    bool trusts(std::string_view address) const noexcept { return proxies_.contains(address); }

    /// Complete in its headers, with its body, and with a fresh name for this occurrence.
    Response refuse(const Problem& problem) const;

private:
    class Pending;

    /// What the answer to a submit is made of.
    struct Acceptance {
        JobId id = {};
        Timestamp created_at = {};
        std::string who = {};               ///< as of Routed
        std::optional<Duration> takes = {}; ///< from then on; empty: nobody knows
        bool replayed = false;
        Headers headers = {};
    };

    /// A request whose job is being submitted.
    struct Submission {
        const NewJob& kind; ///< of its route
        std::vector<NewJob> jobs = {};
        Acceptance acceptance = {};
        std::optional<Idempotency> idempotency = {};
        std::optional<std::chrono::seconds> wait = {};
        Seats::Seat seat = {};
        bool is_charged = false; ///< to the quota of acceptance.who
    };

    using Readings = SharedCalls<JobId, std::optional<Job>>;

    /// A request's way, with what its target says.
    struct Routed {
        const Route* route = nullptr;
        Parameters parameters = {};
        Parameters query = {};
        std::string who = {}; ///< whom limits count: see who_asks(); empty until that is known
    };

    /// To a thread that may block.
    std::function<void(Task)> poster();

    /// Goes on where it may block.
    Later on_lane(Later::Then then);
    Readings::Options reading_options(std::size_t limit);

    // One request, on the thread that calls (job_api.cpp).
    bool authenticating_blocks() const noexcept {
        return options_.authenticator && options_.authenticator_blocks;
    }
    /// Or what is answered without one. Never blocks.
    std::variant<Routed, Response> find_route(const Request& request) const;
    /// Whether nothing of perform() blocks, or whoever calls has to bear it.
    bool is_quick(const Route& route) const noexcept;
    Answer perform(Routed& routed, const Request& request) const;
    /// Whether one more may wait for a thread when so many are in flight.
    bool has_place(std::size_t in_flight) const noexcept {
        return options_.threads == 0 || in_flight < options_.threads + options_.queue_limit;
    }
    Response options_response(const Request& request,
                              const std::vector<std::string>& methods) const;
    Principal authenticate(const Request& request) const;
    Response render_failure(const Request& request) const;
    std::string new_instance() const;
    void log(LogEntry::Level level, std::string message) const;

    void check_not_draining() const;
    /// A refusal that says when to try again.
    Problem try_later(unsigned status, std::string code, std::string detail) const;
    std::string retry_after_value(std::optional<Timestamp> expected) const;

    // The operators' routes (operator_routes.cpp).
    void add_operator_routes();
    Response ready(const Call& call);
    Response metrics(const Call& call);
    Response description(const Call& call);

    // The job routes (job_routes.cpp, job_list_route.cpp, submit_routes.cpp).
    void add_job_routes();
    Answer status(const Call& call);
    Answer status_or_wait(const Job& job, const Request& request);
    Response events(const Call& call);
    std::optional<std::string> event_document(const Job& job);
    std::optional<std::chrono::seconds> wait_for(const Request& request) const;
    Seats::Seat take(Seats& seats, const std::string& whose, std::string_view what) const;
    Response list(const Call& call);
    JobQuery read_query(const Call& call) const;
    Response result(const Call& call);
    Response cancel(const Call& call);
    Response retry(const Call& call);
    Response remove(const Call& call);
    Answer submit(const detail::SubmitRule& rule, const Call& call);
    Answer submit_generic(const Call& call);
    Answer accept(const detail::SubmitRule& rule, JsonText input, const Call& call);
    Response accepted(const Acceptance& acceptance, const std::optional<Job>& now);
    std::optional<Response> with_memory(Response response, const std::string& who) const;
    Answer answer(Submission& submission, const Submitted& submitted);
    std::vector<Submitted> submit_all(std::span<const std::vector<NewJob>> of_requests);
    std::vector<NewJob> with_companions(NewJob job, const Call& call);
    bool take_submit(const Call& call, Headers& headers);
    Problem over_quota(const Headers& headers) const;
    Submitted holder_of(const Idempotency& idempotency, const Headers& headers);
    std::optional<Duration> repeated(const JobId& id, const Idempotency& idempotency);

    // The caller's own jobs (own_jobs.cpp).
    /// `then` goes on with the job of this id, which is its owner's own, as `readings` has it.
    Later with_own_job(Readings& readings, const JobId& id, const std::string& owner,
                       std::function<Answer(Job, const Request&)> then);
    Job find_own(const Call& call);
    Job find_own(const JobId& id, const std::string& owner);
    bool has_expired(const Job& job) const;
    Problem none_of_that_id(const JobId& id, const std::string& owner);

    // What they are answered with (job_responses.cpp).
    void describe(const Job& job, std::string etag, std::optional<Timestamp> expected,
                  Headers& headers) const;
    Response job_response(unsigned status, const Job& job);
    Response status_response(const Job& job, const Request& request);
    /// What a route has declared; empty if none has.
    std::optional<Duration> expected_run(const std::string& queue, const std::string& type) const;
    std::optional<Timestamp> estimate(const Job& job, std::size_t uncounted = 0);
    std::optional<Duration> estimate_new(const NewJob& job, Timestamp created_at,
                                         std::size_t uncounted);

    Client& client_;
    const std::shared_ptr<Runtime> runtime_;
    const ApiOptions options_;
    const Links links_;
    const TrustedProxies proxies_;
    Router router_;
    std::map<std::string, detail::SubmitRule, std::less<>> generic_types_;
    std::map<std::pair<std::string, std::string>, Duration> expected_runs_; ///< by queue and type
    WorkloadCache workloads_;
    Metrics metrics_;
    openapi::Description description_;
    std::atomic<std::size_t> in_flight_ = 0;
    std::atomic<bool> draining_ = false;
    Seats waits_;
    Seats streams_;
    Quota submit_quota_;
    ResponseMemory response_memory_;
    std::shared_ptr<Followers> followers_;
    FreedMemory freed_memory_; // before what answers as it ends
    Readings finds_;
    Readings glances_;
    SharedCalls<std::vector<NewJob>, Submitted> submits_;
    std::unique_ptr<Lane> lane_; // last: its end answers what waits, which needs the others
};

/// Sets what each response has and what depends on the body's length, and drops bodies that HTTP
/// does not want.
Response completed(Response response, std::string_view method);

/// Whom limits count: the owner, or network_of() the address of one who has none.
std::string who_asks(const Call& call);
std::string who_asks(const std::string& owner, const Request& request);

/// What `make` makes to go with `job`. A fault that it finds in the request is a Problem (422).
template <typename Make, typename SomeJob>
std::vector<NewJob> companions(const Make& make, const SomeJob& job, const Call& call) {
    try {
        return make(job, call);
    } catch (const Error& error) {
        if (error.code() != Errc::invalid_argument) throw;
        throw Problem(422, "invalid_input", error.message());
    }
}

/// The id in a route's path. Throws no_such_job() for one that is malformed.
JobId id_of(const Call& call);
Problem no_such_job();
Problem expired();

/// Says that a wait was granted, however long it was in the end.
Response waited(Response response, std::chrono::seconds at_most);

/// An answer in `application/json`.
Response json_response(unsigned status, std::string document);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
