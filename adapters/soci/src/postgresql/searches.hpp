#pragma once

#include "postgresql/array.hpp"
#include "watermarks/claim_watermarks.hpp"

#include <asyncjobs/time.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// The searches of one claim, and their ranges as the arrays that a statement reads.
class PostgresqlSearches {
public:
    PostgresqlSearches(ClaimWatermarks& watermarks, std::span<const std::string> queues,
                       SteadyTime began)
        : watermarks_(watermarks), queues_(queues), began_(began) {
        for (const std::string& queue : queues)
            for (const DueRange& range :
                 searches_.emplace_back(watermarks.begin(queue, began)).ranges) {
                names.add(queue);
                from.add(range.from.time_since_epoch().count());
                to.add(range.to.time_since_epoch().count());
            }
    }

    PostgresqlArray names, from, to;

    /// Records the outcome of all searches; `oldest(i)` returns the oldest job of queue i.
    void end(ClaimWatermarks::Findings found, SteadyTime ended, const auto& oldest) {
        for (std::size_t i = 0; i < searches_.size(); ++i) {
            found.oldest = oldest(i);
            watermarks_.end(queues_[i], searches_[i], found, began_, ended);
        }
    }

private:
    ClaimWatermarks& watermarks_;
    const std::span<const std::string> queues_;
    const SteadyTime began_;
    std::vector<ClaimWatermarks::Search> searches_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
