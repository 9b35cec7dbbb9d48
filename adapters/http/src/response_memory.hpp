#pragma once

#include <asyncjobs/config.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// How much memory the answers hold that are being written, in all and to one principal, so that
/// clients that do not read can't have all of it, nor one of them what others need.
///
/// Thread-safety  Full.
class ResponseMemory {
public:
    /// Given back with its last copy.
    using Share = std::shared_ptr<void>;
    enum class Full { no, for_all, for_one };

    explicit ResponseMemory(std::size_t limit) : used_(std::make_shared<Used>(limit)) {}

    /// A share for an answer to `who`, or why there is none. Small answers are as many as there are
    /// connections, and not counted. A principal may have a quarter of the limit, or one answer
    /// that is larger than that; the latter counts as a quarter against those who ask for no more
    /// than theirs. One that is larger than the limit has it alone.
    std::pair<Share, Full> take(const std::string& who, std::size_t bytes) const {
        if (bytes <= small) return {Share(), Full::no};
        auto share = std::make_shared<Taken>(used_, who);
        const std::lock_guard lock(used_->mutex);
        const auto full = used_->take(who, bytes);
        if (full != Full::no) return {Share(), full};
        share->bytes = bytes;
        return {std::move(share), full};
    }

    /// Also where there is not so much left; counts for nobody.
    Share take_anyway(std::size_t bytes) const {
        if (bytes <= small) return Share();
        auto share = std::make_shared<Taken>(used_, std::nullopt);
        const std::lock_guard lock(used_->mutex);
        used_->all += share->bytes = bytes;
        return share;
    }

    std::size_t used() const {
        const std::lock_guard lock(used_->mutex);
        return used_->all;
    }

private:
    static constexpr std::size_t small = 16 * 1024;

    /// Outlives the API, as answers may.
    struct Used {
        explicit Used(std::size_t most) : limit(most), share(most / 4) {}

        Full take(const std::string& who, std::size_t bytes) {
            const auto found = each.find(who);
            const std::size_t his = found == each.end() ? 0 : found->second;
            if (his > 0 && his + bytes > share) return Full::for_one;
            if (bytes <= share ? in_shares + bytes > limit : all > 0 && all + bytes > limit)
                return Full::for_all;
            each[who] = his + bytes;
            in_shares += std::min(bytes, share);
            all += bytes;
            return Full::no;
        }

        void give_back(const std::string& who, std::size_t bytes) {
            in_shares -= std::min(bytes, share);
            const auto his = each.find(who);
            if ((his->second -= bytes) == 0) each.erase(his);
        }

        const std::size_t limit;
        const std::size_t share; ///< of one
        std::mutex mutex = {};
        std::size_t all = 0;
        std::size_t in_shares = 0; ///< the same, but of larger answers `share` alone
        std::map<std::string, std::size_t> each = {};
    };

    struct Taken {
        Taken(std::shared_ptr<Used> from, std::optional<std::string> by)
            : used(std::move(from)), who(std::move(by)) {}
        ~Taken() {
            if (bytes == 0) return;
            const std::lock_guard lock(used->mutex);
            used->all -= bytes;
            if (who) used->give_back(*who, bytes);
        }
        Taken(const Taken&) = delete;
        Taken& operator=(const Taken&) = delete;

        const std::shared_ptr<Used> used;
        const std::optional<std::string> who;
        std::size_t bytes = 0;
    };

    const std::shared_ptr<Used> used_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
