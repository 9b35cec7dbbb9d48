#pragma once

#include <asyncjobs/http/message.hpp>

#include <optional>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A reader that waits for a piece of a BodyStream; destroyed without one, it receives the end.
class PieceReader {
public:
    explicit PieceReader(BodyStream::Deliver deliver) : deliver_(std::move(deliver)) {}
    ~PieceReader() {
        if (deliver_) deliver(std::nullopt);
    }
    PieceReader(const PieceReader&) = delete;
    PieceReader& operator=(const PieceReader&) = delete;

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

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
