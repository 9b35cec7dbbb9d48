#include "hub.hpp"

#include "tls_context.hpp"

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {
namespace {

/// Whoever has one IPv6 address usually has all of its /64 network.
std::string network_of(const boost::asio::ip::address& address) {
    if (address.is_v4()) return address.to_string();
    const auto bytes = address.to_v6().to_bytes();
    return std::string(bytes.begin(), bytes.begin() + 8);
}

} // namespace

Hub::Hub(http::JobApi& served, ServerOptions how)
    : api(served), options(std::move(how)), tls_(make_tls_context(options.tls)),
      io(static_cast<int>(options.io_threads)) {}

bool Hub::admit(const boost::asio::ip::address& from) {
    const std::lock_guard lock(mutex_);
    if (count_ >= options.max_connections) return false;
    auto& there = addresses_[network_of(from)];
    if (there >= options.max_connections_per_address && !api.trusts(from.to_string())) return false;
    ++there;
    ++count_;
    return true;
}

void Hub::leave(const boost::asio::ip::address& from) {
    const std::lock_guard lock(mutex_);
    const auto there = addresses_.find(network_of(from));
    if (--there->second == 0) addresses_.erase(there);
    if (--count_ == 0) emptied_.notify_all();
}

void Hub::add(std::shared_ptr<Session> session) {
    const std::lock_guard lock(mutex_);
    sessions_.emplace(session.get(), std::move(session));
}

void Hub::remove(const Session& session) {
    std::shared_ptr<Session> last; // forgotten outside of the lock
    const std::lock_guard lock(mutex_);
    if (auto node = sessions_.extract(&session)) last = std::move(node.mapped());
}

std::vector<std::shared_ptr<Session>> Hub::sessions() {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Session>> all;
    for (const auto& [key, session] : sessions_) all.push_back(session);
    return all;
}

bool Hub::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return emptied_.wait_until(lock, deadline, [this] { return count_ == 0; });
}

bool Hub::take_body_memory(std::size_t bytes) noexcept {
    if (body_memory_.fetch_add(bytes) + bytes <= options.body_memory_limit) return true;
    body_memory_ -= bytes;
    return false;
}

std::shared_ptr<boost::asio::ssl::context> Hub::tls() {
    const std::lock_guard lock(mutex_);
    return tls_;
}

void Hub::reload_certificate() {
    auto tls = make_tls_context(options.tls);
    const std::lock_guard lock(mutex_);
    tls_.swap(tls);
}

void Hub::log(LogEntry::Level level, std::string message) const {
    if (options.log) options.log({.level = level, .message = std::move(message)});
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
