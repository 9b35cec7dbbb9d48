#pragma once

#include <asyncjobs/config.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Limits concurrent long operations, in all and for each principal.
///
/// Thread-safety  Full.
class ConcurrencyLimiter {
    struct Room;

public:
    enum class Full { no, for_all, for_one };

    /// Held during the operation.
    class Permit {
    public:
        Permit() noexcept = default;
        Permit(Permit&& other) noexcept = default;
        Permit& operator=(Permit&& other) noexcept {
            std::swap(room_, other.room_);
            std::swap(who_, other.who_);
            return *this;
        }
        ~Permit() {
            if (room_) room_->leave(who_);
        }

    private:
        friend class ConcurrencyLimiter;
        Permit(std::shared_ptr<Room> room, std::string who)
            : room_(std::move(room)), who_(std::move(who)) {}

        std::shared_ptr<Room> room_ = {};
        std::string who_ = {};
    };

    ConcurrencyLimiter(std::size_t most, std::size_t most_each) : room_(std::make_shared<Room>()) {
        room_->most = most;
        room_->most_each = most_each;
    }

    /// Returns one for `who`, or an empty one with the limit that is reached.
    std::pair<Permit, Full> take(std::string who) {
        const std::lock_guard lock(room_->mutex);
        if (room_->all >= room_->most) return {Permit(), Full::for_all};
        if (room_->most_each == 0) return {Permit(), Full::for_one};
        auto& own = room_->each[who];
        if (own >= room_->most_each) return {Permit(), Full::for_one};
        ++own;
        ++room_->all;
        return {Permit(room_, std::move(who)), Full::no};
    }

    std::size_t taken() const {
        const std::lock_guard lock(room_->mutex);
        return room_->all;
    }

private:
    /// Outlives what was taken.
    struct Room {
        void leave(const std::string& who) {
            const std::lock_guard lock(mutex);
            --all;
            const auto own = each.find(who);
            if (--own->second == 0) each.erase(own);
        }

        std::size_t most = 0;
        std::size_t most_each = 0;
        std::mutex mutex = {};
        std::size_t all = 0;
        std::map<std::string, std::size_t> each = {};
    };

    std::shared_ptr<Room> room_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
