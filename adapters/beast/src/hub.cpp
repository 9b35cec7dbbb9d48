#include "hub.hpp"

#include "session.hpp"
#include "tls_context.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

Hub::Hub(http::JobApi& served, ServerOptions how)
    : api(served), options(std::move(how)), tls_(make_tls_context(options.tls)),
      max_connections_(options.max_connections) {
    for (unsigned i = 0; i < options.io_threads; ++i)
        contexts.push_back(std::make_unique<boost::asio::io_context>(1));
}

std::unique_ptr<Hub::Admission> Hub::admit(const std::shared_ptr<Hub>& hub,
                                           const boost::asio::ip::address& from) {
    const auto address = from.to_string();
    auto admission = std::make_unique<Admission>(hub, http::network_of(address));
    admission->is_trusted_ = hub->api.trusts(address);
    const std::lock_guard lock(hub->mutex_);
    if (hub->count_ >= hub->max_connections_) return nullptr;
    auto& usage = hub->addresses_[admission->network_];
    if (usage.connections >= hub->options.max_connections_per_address && !admission->is_trusted_)
        return nullptr;
    ++usage.connections;
    ++hub->count_;
    admission->usage_ = &usage;
    return admission;
}

Hub::Admission::~Admission() {
    if (!usage_) return;
    const std::lock_guard lock(hub_->mutex_);
    if (--usage_->connections == 0) hub_->addresses_.erase(network_);
    if (--hub_->count_ == 0) hub_->emptied_.notify_all();
}

void Hub::add(std::shared_ptr<Session> session) {
    const std::lock_guard lock(mutex_);
    sessions_.emplace(session.get(), std::move(session));
}

void Hub::remove(const Session& session) {
    std::shared_ptr<Session> last; // destroyed outside of the lock
    const std::lock_guard lock(mutex_);
    if (auto node = sessions_.extract(&session)) last = std::move(node.mapped());
}

std::vector<std::shared_ptr<Session>> Hub::sessions() {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Session>> all;
    for (const auto& [key, session] : sessions_) all.push_back(session);
    return all;
}

void Hub::close_lost_sessions() {
    if (!has_lost_sessions_.exchange(false)) return;
    try {
        for (const auto& session : sessions())
            if (session->has_lost_response()) session->stop(false);
    } catch (...) {
        has_lost_sessions_ = true; // the next call closes the others
        throw;
    }
}

bool Hub::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return emptied_.wait_until(lock, deadline, [this] { return count_ == 0; });
}

Hub::Full Hub::take_body_memory(Admission& admission, std::size_t taken,
                                std::size_t more) noexcept {
    const std::lock_guard lock(mutex_);
    const auto limit = options.body_memory_limit;
    auto& from_there = admission.usage_->body_memory;
    if (from_there > taken && from_there + more > limit / 4 && !admission.is_trusted_)
        return Full::for_one;
    if (body_memory_ + more > limit) return Full::for_all;
    from_there += more;
    body_memory_ += more;
    return Full::no;
}

void Hub::return_body_memory(Admission& admission, std::size_t bytes) noexcept {
    if (bytes == 0) return;
    const std::lock_guard lock(mutex_);
    admission.usage_->body_memory -= bytes;
    body_memory_ -= bytes;
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

void Hub::log_fault(std::string_view event) noexcept {
    const auto now = std::chrono::steady_clock::now();
    auto silent_until = silent_until_.load();
    if (now < silent_until ||
        !silent_until_.compare_exchange_strong(silent_until, now + std::chrono::seconds{1}))
        return;
    try {
        try {
            throw;
        } catch (const std::exception& error) {
            log(LogEntry::Level::error, std::string(event) + ": " + error.what());
        } catch (...) {
            log(LogEntry::Level::error, std::string(event) + ": unknown exception");
        }
    } catch (...) { // no memory for the log line
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
