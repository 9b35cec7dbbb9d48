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

/// Limits the memory of responses that are being written, in all and for each principal, so that
/// clients that do not read can't use all of it.
///
/// Thread-safety  Full.
class ResponseMemory {
public:
    /// Released with its last copy.
    using Share = std::shared_ptr<void>;
    enum class Full { no, for_all, for_one };

    explicit ResponseMemory(std::size_t limit) : used_(std::make_shared<Used>(limit)) {}

    /// Takes a share for a response to `who`; returns which limit is reached, if any. Small
    /// responses are not counted: the number of connections limits them. A principal may use a
    /// quarter of the limit, or one response that is larger. A larger one counts as a quarter
    /// against principals within their quarter. One that exceeds the limit must be the only one.
    std::pair<Share, Full> take(const std::string& who, std::size_t bytes) const {
        if (bytes <= small) return {Share(), Full::no};
        auto share = std::make_shared<Taken>(used_, who);
        const std::lock_guard lock(used_->mutex);
        const auto full = used_->take(who, bytes);
        if (full != Full::no) return {Share(), full};
        share->bytes = bytes;
        return {std::move(share), full};
    }

    /// Takes a share even above the limit; it counts for no principal.
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

    /// Outlives the API, as responses may.
    struct Used {
        explicit Used(std::size_t most) : limit(most), share(most / 4) {}

        Full take(const std::string& who, std::size_t bytes) {
            const auto found = each.find(who);
            const std::size_t own = found == each.end() ? 0 : found->second;
            if (own > 0 && own + bytes > share) return Full::for_one;
            if (bytes <= share ? in_shares + bytes > limit : all > 0 && all + bytes > limit)
                return Full::for_all;
            each[who] = own + bytes;
            in_shares += std::min(bytes, share);
            all += bytes;
            return Full::no;
        }

        void release(const std::string& who, std::size_t bytes) {
            in_shares -= std::min(bytes, share);
            const auto own = each.find(who);
            if ((own->second -= bytes) == 0) each.erase(own);
        }

        const std::size_t limit;
        const std::size_t share; ///< of one principal
        std::mutex mutex = {};
        std::size_t all = 0;
        std::size_t in_shares = 0; ///< like `all`, with at most `share` a response
        std::map<std::string, std::size_t> each = {};
    };

    struct Taken {
        Taken(std::shared_ptr<Used> from, std::optional<std::string> by)
            : used(std::move(from)), who(std::move(by)) {}
        ~Taken() {
            if (bytes == 0) return;
            const std::lock_guard lock(used->mutex);
            used->all -= bytes;
            if (who) used->release(*who, bytes);
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
