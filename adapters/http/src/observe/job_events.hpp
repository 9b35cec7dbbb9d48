#pragma once

#include "message/concurrency_limiter.hpp"
#include "message/response_memory.hpp"
#include "observe/job_observers.hpp"

#include <asyncjobs/http/message.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// An event (`event: job.updated` or another) as it is sent, with id and data. Line ends in
/// `document`, which can only be between its tokens, become blanks.
std::string event_text(const Job& job, std::string document);

/// The last revision that a reconnecting client received; 0: none.
std::int64_t last_event_id(const Headers& request);

/// A job's changes as server-sent events. Each piece has the job's state at the time of next(), so
/// that a slow reader gets fewer events, and always the final one.
///
/// Thread-safety  Full; next() as in BodyStream.
class JobEvents final : public JobObserver, public std::enable_shared_from_this<JobEvents> {
public:
    struct Options {
        /// Called on the thread of `post`; if it returns nothing, the stream ends.
        std::function<std::optional<std::string>(const Job&)> document = {};
        JobParts parts = JobParts::outcome;  ///< of the job, which `document` needs
        std::function<void(Task)> post = {}; ///< to a thread that may block
        /// Memory for an event while it is written; if none is left, the stream ends.
        std::function<std::optional<ResponseMemory::Share>(std::size_t)> memory = {};
        Duration heartbeat = {};
        Duration reconnect_after = {}; ///< sent to the client
        std::int64_t known = 0;        ///< the revision that the client has
    };

    explicit JobEvents(Options options) : options_(std::move(options)), known_(options_.known) {}

    void next(BodyStream::Deliver deliver);

    void on_change(const std::optional<Job>& job) override;
    Duration on_time() override;
    void on_end() override;

private:
    /// A reader that waits for a piece; destroyed without one, it receives the end.
    class Reader {
    public:
        explicit Reader(BodyStream::Deliver deliver) : deliver_(std::move(deliver)) {}
        ~Reader() {
            if (deliver_) deliver(std::nullopt);
        }
        Reader(const Reader&) = delete;
        Reader& operator=(const Reader&) = delete;

        void send(std::string piece) noexcept { deliver(std::move(piece)); }

    private:
        void deliver(std::optional<std::string> piece) noexcept {
            const auto deliver = std::exchange(deliver_, nullptr);
            try {
                deliver(std::move(piece));
            } catch (...) { // it must not throw, and no caller can handle it
            }
        }

        BodyStream::Deliver deliver_;
    };

    void take(const std::optional<Job>& job);
    void send_unsent(const std::unique_lock<std::mutex>&);
    void render(Reader& reader) noexcept;

    const Options options_;
    std::mutex mutex_;
    std::shared_ptr<Reader> reader_; ///< empty: no reader waits
    std::optional<Job> unsent_;      ///< not sent yet
    ResponseMemory::Share memory_;   ///< of the piece that is being written
    std::int64_t known_;
    bool started_ = false;
    bool ended_ = false; ///< nothing follows `unsent_`
};

/// The stream of one client; ends with its destruction.
class EventBody final : public BodyStream {
public:
    EventBody(std::shared_ptr<JobEvents> events, std::weak_ptr<JobObservers> observers,
              ConcurrencyLimiter::Permit permit)
        : events_(std::move(events)), observers_(std::move(observers)), permit_(std::move(permit)) {
    }

    ~EventBody() override {
        if (const auto observers = observers_.lock()) observers->leave(*events_);
    }

    void next(Deliver deliver) override { events_->next(std::move(deliver)); }

private:
    const std::shared_ptr<JobEvents> events_;
    const std::weak_ptr<JobObservers> observers_;
    const ConcurrencyLimiter::Permit permit_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
