#pragma once

#include <asyncjobs/config.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// How much memory the answers hold that are being written, so that clients that do not read can't
/// have all of it.
///
/// Thread-safety  Full.
class AnswerMemory {
public:
    /// Given back with its last copy.
    using Share = std::shared_ptr<void>;

    explicit AnswerMemory(std::size_t limit) : used_(std::make_shared<Used>()), limit_(limit) {}

    /// Empty if there is not so much left. Small answers are as many as there are connections, and
    /// not counted; one that is larger than the limit has it alone.
    std::optional<Share> take(std::size_t bytes) const {
        if (bytes <= small) return Share();
        auto share = std::make_shared<Taken>(used_);
        auto used = used_->load();
        do {
            if (used > 0 && used + bytes > limit_) return std::nullopt;
        } while (!used_->compare_exchange_weak(used, used + bytes));
        share->bytes = bytes;
        return share;
    }

    /// Also where there is not so much left.
    Share take_anyway(std::size_t bytes) const {
        if (bytes <= small) return Share();
        auto share = std::make_shared<Taken>(used_);
        *used_ += share->bytes = bytes;
        return share;
    }

    std::size_t used() const noexcept { return *used_; }

private:
    static constexpr std::size_t small = 16 * 1024;
    using Used = std::atomic<std::size_t>;

    struct Taken {
        explicit Taken(std::shared_ptr<Used> from) : used(std::move(from)) {}
        ~Taken() { *used -= bytes; }
        Taken(const Taken&) = delete;
        Taken& operator=(const Taken&) = delete;

        const std::shared_ptr<Used> used; ///< outlives the API, as answers may
        std::size_t bytes = 0;
    };

    const std::shared_ptr<Used> used_;
    const std::size_t limit_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
