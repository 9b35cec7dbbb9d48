#include "observe/job_events.hpp"

#include <asyncjobs/store/store_helpers.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
void JobEvents::next(BodyStream::Deliver deliver) {
    const auto reader = std::make_shared<PieceReader>(std::move(deliver));
    std::unique_lock lock(mutex_);
    memory_.reset();
    if (!std::exchange(started_, true)) {
        lock.unlock();
        return reader->send(retry_text(options_.reconnect_after));
    }
    if (ended_ && !unsent_) return;
    reader_ = reader;
    send_unsent(lock);
}

/// A failure ends the stream, and its client reconnects.
void JobEvents::on_change(const std::optional<Job>& job) {
    try {
        take(job);
    } catch (...) {
        on_end();
    }
}

void JobEvents::take(const std::optional<Job>& job) {
    std::shared_ptr<PieceReader> last;
    std::unique_lock lock(mutex_);
    if (ended_) return;
    ended_ = !job || is_finished(job->status);
    if (job && job->revision > known_) {
        known_ = job->revision;
        unsent_ = snapshot(*job, options_.parts);
        send_unsent(lock);
    } else if (ended_) {
        last = std::move(reader_);
    }
}

Duration JobEvents::on_time() {
    std::unique_lock lock(mutex_);
    if (ended_) return {};
    const auto reader = std::move(reader_);
    lock.unlock();
    if (reader) reader->send(comment_text);
    return options_.heartbeat;
}

void JobEvents::on_end() {
    std::unique_lock lock(mutex_);
    ended_ = true;
    unsent_.reset();
    const auto reader = std::move(reader_);
    lock.unlock();
}

void JobEvents::send_unsent(const std::unique_lock<std::mutex>&) {
    if (!reader_ || !unsent_) return;
    options_.post([self = shared_from_this(), reader = reader_] { self->render(*reader); });
    reader_.reset();
}

/// A failure ends the stream, as the reader is dropped.
void JobEvents::render(PieceReader& reader) noexcept {
    try {
        std::unique_lock lock(mutex_);
        const auto job = std::exchange(unsent_, std::nullopt);
        lock.unlock();
        if (!job) return;
        auto document = options_.document(*job);
        if (!document) return;
        auto text = event_text(*job, *std::move(document));
        auto memory = options_.memory(text.size());
        if (!memory) return on_end();
        lock.lock();
        memory_ = *std::move(memory);
        lock.unlock();
        reader.send(std::move(text));
    } catch (...) {
        on_end();
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
