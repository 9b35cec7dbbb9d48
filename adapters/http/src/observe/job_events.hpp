#pragma once

#include "message/response_memory.hpp"
#include "observe/client_events.hpp"
#include "observe/event_text.hpp"
#include "observe/job_observers.hpp"
#include "observe/piece_reader.hpp"

#include <asyncjobs/http/message.hpp>
#include <asyncjobs/store/job_store.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A job's changes as server-sent events. Each piece has the job's state at the time of next(), so
/// that a slow reader gets fewer events, and always the final one.
///
/// Thread-safety  Full; next() as in BodyStream.
class JobEvents final : public ClientEvents, public std::enable_shared_from_this<JobEvents> {
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

    void next(BodyStream::Deliver deliver) override;

    void on_change(const std::optional<Job>& job) override;
    Duration on_time() override;
    void on_end() override;

private:
    void take(const std::optional<Job>& job);
    void send_unsent(const std::unique_lock<std::mutex>&);
    void render(PieceReader& reader) noexcept;

    const Options options_;
    std::mutex mutex_;
    std::shared_ptr<PieceReader> reader_; ///< empty: no reader waits
    std::optional<Job> unsent_;           ///< not sent yet
    ResponseMemory::Share memory_;        ///< of the piece that is being written
    std::int64_t known_;
    bool started_ = false;
    bool ended_ = false; ///< nothing follows `unsent_`
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
