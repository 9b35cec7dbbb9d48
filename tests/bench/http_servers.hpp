#pragma once

#include "child.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace bench {

/// The servers' settings.
struct Serving {
    unsigned io_threads = 2;
    unsigned api_threads = 8;
    std::size_t jobs = 1000; ///< in the store
};

/// Serves the job API over a store with that URL until the channel closes. Sends its port, and then
/// the ids of the jobs, which wait in a queue without a worker.
void serve_jobs(Channel& channel, const std::string& url, const Serving& how);

/// Submits to a store with that URL from so many threads. Repeatedly receives a number of seconds,
/// and sends the jobs a second of that time.
void submit_to_store(Channel& channel, const std::string& url, std::size_t threads);

/// The work that one of so many threads does with a request's body before the response.
struct BareWork {
    std::size_t threads = 0; ///< 0: no work
    std::function<void(const std::string&)> work = {};
};

/// A server on Beast alone: reads requests, and sends `response`, a whole message, to each. A
/// response that is a stream is sent unchanged and never ends. Sends its port through the channel.
void serve_bare(Channel& channel, const std::string& response, const Serving& how,
                const BareWork& work = {});

/// The same, but submits each body to a store with that URL, from so many threads.
void serve_submits(Channel& channel, const std::string& response, const std::string& url,
                   const Serving& how, std::size_t threads);

/// Returns a request to serve_jobs(), with credentials and, unless it is empty, a body.
std::string request_of(const std::string& method, const std::string& target,
                       const std::string& fields = {}, const std::string& body = {});

} // namespace bench
