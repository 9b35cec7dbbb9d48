#include "observe/source_body.hpp"

#include <stdexcept>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Makes the piece after the next one, and delivers that. Destroyed before, it delivers it as the
/// last one of a broken body.
class SourceBody::Turn {
public:
    Turn(std::shared_ptr<State> state, Piece piece, Deliver deliver)
        : state_(std::move(state)), piece_(std::move(piece)), deliver_(std::move(deliver)) {}
    ~Turn() {
        if (!deliver_) return;
        state_->is_broken = true;
        end();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    void run() noexcept {
        try {
            if (!state_->is_abandoned) state_->ahead = state_->make_piece();
        } catch (const std::exception& error) {
            state_->is_broken = true;
            state_->options.log(error.what());
        } catch (...) {
            state_->is_broken = true;
            state_->options.log("unknown exception");
        }
        end();
    }

private:
    void end() noexcept {
        const auto deliver = std::exchange(deliver_, nullptr);
        state_->written = std::move(piece_.memory);
        try {
            deliver(std::move(piece_.text));
        } catch (...) { // it must not throw, and no caller can handle it
        }
    }

    const std::shared_ptr<State> state_;
    Piece piece_;
    Deliver deliver_;
};

std::optional<SourceBody::Piece> SourceBody::State::make_piece() const {
    auto text = options.source->next();
    if (!text) return std::nullopt;
    auto memory = options.memory(text->size());
    if (!memory) throw std::runtime_error("too many large responses are being sent");
    return Piece{*std::move(text), *std::move(memory)};
}

SourceBody::SourceBody(Options options, ConcurrencyLimiter::Permit permit)
    : permit_(std::move(permit)) {
    state_->options = std::move(options);
    state_->ahead = state_->make_piece();
}

SourceBody::~SourceBody() { state_->is_abandoned = true; }

void SourceBody::next(Deliver deliver) {
    state_->written.reset();
    if (state_->is_broken) throw std::runtime_error("the rest of the body could not be made");
    if (!state_->ahead) return deliver(std::nullopt);
    Piece piece = *std::exchange(state_->ahead, std::nullopt);
    const auto turn = std::make_shared<Turn>(state_, std::move(piece), std::move(deliver));
    try {
        state_->options.post([turn] { turn->run(); });
    } catch (...) { // the turn breaks the body off
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
