#pragma once

#include "child.hpp"

#include <cstddef>
#include <functional>
#include <string>

namespace bench {

/// How the servers are set up.
struct Serving {
    unsigned io_threads = 2;
    unsigned api_threads = 8;
    std::size_t jobs = 1000; ///< that lie in the store
};

/// Serves the job API over a store with that URL until the channel ends. Says its port, and then
/// the ids of the jobs, which wait in a queue that nobody serves.
void serve_jobs(Channel& channel, const std::string& url, const Serving& how);

/// Submits to a store with that URL from so many threads. Hears for how many seconds, and says how
/// many jobs a second that was, again and again.
void submit_to_store(Channel& channel, const std::string& url, std::size_t threads);

/// What is done with a request's body before it is answered, by one of so many threads.
struct BareWork {
    std::size_t threads = 0; ///< 0: nothing is done
    std::function<void(const std::string&)> work = {};
};

/// What a program on Beast alone would be: reads requests, and answers each with the same. `answer`
/// is a whole message; one of a stream is sent as it is and goes on for ever. Says its port.
void serve_bare(Channel& channel, const std::string& answer, const Serving& how,
                const BareWork& work = {});

/// The same, which submits each body to a store with that URL, from so many threads.
void serve_submits(Channel& channel, const std::string& answer, const std::string& url,
                   const Serving& how, std::size_t threads);

/// A request to serve_jobs(), with credentials and, if there is one, a body.
std::string request_of(const std::string& method, const std::string& target,
                       const std::string& fields = {}, const std::string& body = {});

} // namespace bench
