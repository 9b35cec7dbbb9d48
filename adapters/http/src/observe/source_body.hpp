#pragma once

#include "message/concurrency_limiter.hpp"
#include "message/response_memory.hpp"

#include <asyncjobs/http/message.hpp>
#include <asyncjobs/http/streams.hpp>
#include <asyncjobs/runtime.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A body that a host makes in pieces, on threads that may block. It is one piece ahead of its
/// reader, so that next() can throw if the piece after this one could not be made.
class SourceBody final : public BodyStream {
public:
    struct Options {
        std::shared_ptr<BodySource> source = {};
        std::function<void(Task)> post = {}; ///< throws once the API is gone
        /// Memory for a piece until it is written; empty: none is left.
        std::function<std::optional<ResponseMemory::Share>(std::size_t)> memory = {};
        std::function<void(std::string_view why)> log = {};
    };

    /// Makes the first piece, and throws what that throws.
    SourceBody(Options options, ConcurrencyLimiter::Permit permit);
    ~SourceBody() override;

    void next(Deliver deliver) override;

private:
    class Turn;
    struct Piece {
        std::string text = {};
        ResponseMemory::Share memory = {};
    };

    /// Shared with the turn that makes the next piece. Used by one thread at a time.
    struct State {
        /// Empty at the end.
        std::optional<Piece> make_piece() const;

        Options options = {};
        std::optional<Piece> ahead = {};    ///< the next one to deliver; empty: none follows
        ResponseMemory::Share written = {}; ///< memory of the piece that is being written
        bool is_broken = false;             ///< what follows `ahead` could not be made
        std::atomic<bool> is_abandoned = false;
    };

    const std::shared_ptr<State> state_ = std::make_shared<State>();
    const ConcurrencyLimiter::Permit permit_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
