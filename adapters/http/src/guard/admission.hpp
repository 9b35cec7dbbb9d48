#pragma once

#include "guard/quota.hpp"
#include "message/concurrency_limiter.hpp"
#include "observe/job_renderer.hpp"

#include <asyncjobs/http/api_options.hpp>
#include <asyncjobs/http/problem.hpp>
#include <asyncjobs/runtime.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Admits requests: the limits of waiting requests and event streams, the quota of submits, and
/// the shutdown. `who` is limit_key() of a request.
///
/// Thread-safety  Full.
class Admission {
public:
    /// The arguments must outlive this.
    Admission(const ApiOptions& options, const Runtime& runtime, const JobRenderer& renderer);

    void drain() noexcept { draining_ = true; }
    /// Throws Problem (503) after drain().
    void check_not_draining() const;

    /// The wait that the client requests, up to ApiOptions::max_wait; empty: none.
    std::optional<std::chrono::seconds> wait_for(const Request& request) const;

    /// Throw Problem: 429 at the owner's limit, 503 at the limit of all owners.
    ConcurrencyLimiter::Permit take_wait(const std::string& who);
    ConcurrencyLimiter::Permit take_stream(const std::string& who);

    std::size_t waiting() const { return waits_.taken(); }
    std::size_t streams() const { return streams_.taken(); }

    /// Counts a submit or a retry; false if the quota is exceeded. Adds the rest of it to
    /// `headers`.
    bool take_submit(const std::string& who, Headers& headers);

    /// Undoes a take_submit() that was granted.
    void refund_submit(const std::string& who, Headers& headers);

private:
    ConcurrencyLimiter::Permit take(ConcurrencyLimiter& limiter, const std::string& who,
                                    std::string_view what) const;

    const ApiOptions& options_;
    const Runtime& runtime_;
    const JobRenderer& renderer_;
    std::atomic<bool> draining_ = false;
    ConcurrencyLimiter waits_;
    ConcurrencyLimiter streams_;
    Quota submit_quota_;
};

/// A 429 with the headers of the quota.
Problem quota_exceeded(const Headers& headers);

/// The key by which limits count: the owner, or network_of() the address of an anonymous caller.
std::string limit_key(const Call& call);
std::string limit_key(const std::string& owner, const Request& request);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
