#pragma once

#include "message/response_memory.hpp"
#include "observe/client_events.hpp"
#include "observe/piece_reader.hpp"

#include <asyncjobs/http/streams.hpp>
#include <asyncjobs/runtime.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A host's events, polled while their reader waits for a piece. Holds one event at most that the
/// reader has not taken.
///
/// Thread-safety  Full; next() as in BodyStream.
class SourceEvents final : public ClientEvents, public std::enable_shared_from_this<SourceEvents> {
public:
    struct Options {
        std::shared_ptr<EventSource> source = {};
        std::function<void(Task)> post = {}; ///< to a thread that may block
        /// Memory for an event while it is written; if none is left, the stream ends.
        std::function<std::optional<ResponseMemory::Share>(std::size_t)> memory = {};
        std::function<void(std::string_view why)> log = {};
        Duration poll_every = {};
        Duration heartbeat = {};
        Duration reconnect_after = {}; ///< sent to the client
    };

    explicit SourceEvents(Options options);

    /// The time between calls of on_time().
    Duration period() const noexcept { return period_; }

    void next(BodyStream::Deliver deliver) override;

    void on_change(const std::optional<Job>&) override {}
    Duration on_time() override;
    void on_end() override;

private:
    struct Piece {
        std::string text = {};
        ResponseMemory::Share memory = {};
    };

    void start_poll(const std::unique_lock<std::mutex>&);
    void poll() noexcept;
    void take(std::string text);

    const Options options_;
    const Duration period_;
    std::mutex mutex_;
    std::shared_ptr<PieceReader> reader_; ///< empty: no reader waits
    std::optional<Piece> unsent_;         ///< polled while a comment was written
    ResponseMemory::Share memory_;        ///< of the piece that is being written
    Duration since_poll_ = {};
    Duration idle_ = {}; ///< how long the reader has waited
    bool started_ = false;
    bool polled_ = false; ///< at least once
    bool is_polling_ = false;
    bool ended_ = false;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
