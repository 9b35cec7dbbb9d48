#include "observe/source_events.hpp"

#include "observe/event_text.hpp"

#include <asyncjobs/http/problem.hpp>

#include <algorithm>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

SourceEvents::SourceEvents(Options options)
    : options_(std::move(options)), period_(std::min(options_.poll_every, options_.heartbeat)) {}

void SourceEvents::next(BodyStream::Deliver deliver) {
    const auto reader = std::make_shared<PieceReader>(std::move(deliver));
    std::unique_lock lock(mutex_);
    memory_.reset();
    if (!std::exchange(started_, true)) {
        lock.unlock();
        return reader->send(retry_text(options_.reconnect_after));
    }
    if (ended_) return;
    if (auto piece = std::exchange(unsent_, std::nullopt)) {
        memory_ = std::move(piece->memory);
        lock.unlock();
        return reader->send(std::move(piece->text));
    }
    reader_ = reader;
    if (!polled_) start_poll(lock);
}

/// A failure to post a poll leaves it to the next period.
Duration SourceEvents::on_time() {
    std::shared_ptr<PieceReader> idle_reader;
    std::unique_lock lock(mutex_);
    if (ended_) return {};
    since_poll_ += period_;
    idle_ = reader_ ? idle_ + period_ : Duration::zero();
    try {
        if (since_poll_ >= options_.poll_every) start_poll(lock);
    } catch (...) {
    }
    if (idle_ >= options_.heartbeat) {
        idle_ = {};
        idle_reader = std::move(reader_);
    }
    lock.unlock();
    if (idle_reader) idle_reader->send(comment_text);
    return period_;
}

void SourceEvents::on_end() {
    std::unique_lock lock(mutex_);
    ended_ = true;
    unsent_.reset();
    const auto reader = std::move(reader_);
    lock.unlock();
}

void SourceEvents::start_poll(const std::unique_lock<std::mutex>&) {
    if (is_polling_ || !reader_) return;
    options_.post([self = shared_from_this()] { self->poll(); });
    is_polling_ = true;
    polled_ = true;
    since_poll_ = {};
}

/// A failure ends the stream.
void SourceEvents::poll() noexcept {
    try {
        auto event = options_.source->poll();
        take(event ? event_text(*std::move(event)) : std::string());
    } catch (const Problem&) {
        on_end();
    } catch (const std::exception& error) {
        options_.log(error.what());
        on_end();
    } catch (...) {
        options_.log("unknown exception");
        on_end();
    }
}

/// `text` is empty if nothing is new.
void SourceEvents::take(std::string text) {
    auto memory = options_.memory(text.size());
    if (!memory) return on_end();
    std::unique_lock lock(mutex_);
    is_polling_ = false;
    if (ended_ || text.empty()) return;
    idle_ = {};
    const auto reader = std::move(reader_);
    if (!reader) {
        unsent_ = Piece{std::move(text), *std::move(memory)};
        return;
    }
    memory_ = *std::move(memory);
    lock.unlock();
    reader->send(std::move(text));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
