#pragma once

#include "guard/admission.hpp"
#include "guard/api_threads.hpp"
#include "message/response_memory.hpp"
#include "observe/job_observers.hpp"

#include <asyncjobs/http/api_options.hpp>
#include <asyncjobs/http/streams.hpp>
#include <asyncjobs/runtime.hpp>
#include <asyncjobs/store/queries.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Responses that are streams. They count against the limits of streams, and occupy no thread while
/// their clients read.
///
/// Thread-safety  Full, except close().
class Streams {
public:
    /// What streams use of the API; all of it must outlive this.
    struct Parts {
        Runtime& runtime;
        const ApiOptions& options;
        const ApiThreads& threads;
        Admission& admission;
        const ResponseMemory& memory;
        std::shared_ptr<JobObservers> observers;
    };
    explicit Streams(Parts parts);

    /// What a stream shows of a job.
    struct JobView {
        JobDocument document = {};
        JobParts parts = JobParts::outcome; ///< of the job, which `document` needs
    };

    /// A job's changes as server-sent events; 204 if the client has received the final one.
    Response job(const Call& call, const Job& job, JobView view) const;
    /// See JobApi::stream_events().
    Response events(const Call& call, std::shared_ptr<EventSource> source,
                    Duration poll_every) const;
    /// See JobApi::stream_body().
    Response body(const Call& call, std::shared_ptr<BodySource> source, Headers headers) const;

    /// Breaks bodies off that are not at their end. Precedes ApiThreads::close().
    void close() noexcept;

private:
    class Gate;
    using TakeMemory = std::function<std::optional<ResponseMemory::Share>(std::size_t)>;

    /// Memory for the pieces of a stream to `who`.
    TakeMemory memory_for(std::string who) const;
    Duration reconnect_after() const;
    void log(const std::string& what, std::string_view why) const;

    const Parts parts_;
    const std::shared_ptr<Gate> gate_;
};

/// Throws Problem (406) if the client does not accept server-sent events.
void check_accepts_events(const Call& call);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
