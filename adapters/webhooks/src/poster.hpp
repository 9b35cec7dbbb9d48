#pragma once

#include "answer.hpp"
#include "target.hpp"

#include <asyncjobs/runtime.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace asyncjobs::webhooks {

/// What is posted.
struct Letter {
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
};

struct PosterOptions {
    Duration timeout = {}; ///< of a post, in all
    bool allow_private_addresses = false;
    std::string ca_file = {};
};

/// Posts to receivers that nobody vouches for: it resolves the host anew each time, connects to an
/// address that it has checked and to no other, follows no redirect, and reads no more of an answer
/// than its head.
///
/// One thread for all that is under way; lookups of names, which block, have some of their own.
///
/// Thread-safety  Full.
/// Ownership      What is under way when it is destroyed ends with it.
class Poster {
public:
    /// Throws Error (Errc::invalid_argument) for a file of authorities that can't be read.
    Poster(Runtime& runtime, PosterOptions options);
    ~Poster();
    Poster(const Poster&) = delete;
    Poster& operator=(const Poster&) = delete;

    /// Later calls do nothing.
    void start();

    boost::asio::any_io_executor executor() { return context_.get_executor(); }

    /// To be awaited on a strand over executor(), once it has started. Throws JobFailure if there
    /// is no answer.
    boost::asio::awaitable<Answer> post(Target target, Letter letter);

private:
    using Deadline = std::chrono::steady_clock::time_point;
    using Addresses = std::vector<boost::asio::ip::tcp::endpoint>;

    boost::asio::awaitable<Answer> try_to_post(const Target& target, const Letter& letter);
    boost::asio::awaitable<Addresses> resolve(const Target& target, Deadline deadline);

    const PosterOptions options_;
    boost::asio::ssl::context tls_;
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::unique_ptr<Lane> lookups_;
    std::unique_ptr<Lane> io_;
    std::once_flag started_;
};

} // namespace asyncjobs::webhooks
