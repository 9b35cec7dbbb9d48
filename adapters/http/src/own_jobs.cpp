#include "job_api_impl.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

Problem no_such_job() { return {404, "not_found", "no such job"}; }

JobId id_of(const Call& call) {
    const auto id = JobId::parse(*call.path.find("id"));
    if (!id) throw no_such_job();
    return *id;
}

Deferred JobApi::Impl::with_own_job(Readings& readings, const JobId& id, const std::string& owner,
                                    std::function<HandlerResult(Job, const Request&)> then) {
    return {[this, &readings, id, owner, then = std::move(then)](const Deferred::Resume& resume) {
        readings.enqueue(id, [this, id, owner, then, resume](auto found) {
            resume([&](const Request& request) -> HandlerResult {
                auto job = found.take();
                if (job && job->owner == owner) {
                    if (has_expired(*job)) throw expired();
                    return then(*std::move(job), request);
                }
                return on_lane([this, id, owner](const Request&) -> HandlerResult {
                    throw missing_job(id, owner);
                });
            });
        });
    }};
}

Job JobApi::Impl::find_own(const Call& call) { return find_own(id_of(call), call.principal.owner); }

Job JobApi::Impl::find_own(const JobId& id, const std::string& owner) {
    auto found = client_.find(id);
    if (!found || found->owner != owner) throw missing_job(id, owner);
    if (has_expired(*found)) throw expired();
    return *std::move(found);
}

/// Another owner's job, a malformed id and one that never existed get the same response in the same
/// time.
Problem JobApi::Impl::missing_job(const JobId& id, const std::string& owner) {
    if (client_.tombstone_owner(id) == owner) return expired();
    return no_such_job();
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
