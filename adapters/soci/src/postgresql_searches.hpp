#pragma once

#include "claim_floors.hpp"
#include "postgresql_array.hpp"

#include <asyncjobs/time.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// The searches of one claim, and their ranges as the arrays that a statement reads.
class PostgresqlSearches {
public:
    PostgresqlSearches(ClaimFloors& floors, std::span<const std::string> queues, SteadyTime began)
        : floors_(floors), queues_(queues), began_(began) {
        for (const std::string& queue : queues)
            for (const DueRange& range :
                 searches_.emplace_back(floors.begin(queue, began)).ranges) {
                names.add(queue);
                from.add(range.from.time_since_epoch().count());
                to.add(range.to.time_since_epoch().count());
            }
    }

    PostgresqlArray names, from, to;

    /// Records the outcome of all searches; `oldest(i)` returns the oldest job of queue i.
    void end(ClaimFloors::Findings found, SteadyTime ended, const auto& oldest) {
        for (std::size_t i = 0; i < searches_.size(); ++i) {
            found.oldest = oldest(i);
            floors_.end(queues_[i], searches_[i], found, began_, ended);
        }
    }

private:
    ClaimFloors& floors_;
    const std::span<const std::string> queues_;
    const SteadyTime began_;
    std::vector<ClaimFloors::Search> searches_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
