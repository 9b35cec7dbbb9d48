#pragma once

#include <asyncjobs/detail/retry.hpp>
#include <asyncjobs/executor_options.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// The order in which an executor's queues are offered to the store.
class QueueOrder {
public:
    explicit QueueOrder(std::vector<ServedQueue> queues) : queues_(std::move(queues)) {
        const auto rest =
            std::stable_partition(queues_.begin(), queues_.end(),
                                  [](const ServedQueue& queue) { return queue.weight > 0; });
        weighted_ = static_cast<std::size_t>(rest - queues_.begin());
    }

    bool contains(std::string_view name) const {
        return std::ranges::find(queues_, name, &ServedQueue::name) != queues_.end();
    }

    std::vector<std::string> names() const {
        std::vector<std::string> names;
        names.reserve(queues_.size());
        for (const auto& queue : queues_) names.push_back(queue.name);
        return names;
    }

    /// Draws one place after the other among the remaining weighted queues.
    std::vector<std::string> draw(const std::function<std::uint64_t()>& random_bits) const {
        std::vector<const ServedQueue*> order;
        for (const auto& queue : queues_) order.push_back(&queue);
        for (std::size_t place = 0; place + 1 < weighted_; ++place) {
            unsigned left = 0;
            for (auto i = place; i < weighted_; ++i) left += order[i]->weight;
            auto ticket = static_cast<unsigned>(unit_interval(random_bits()) * left);
            auto drawn = place;
            while (ticket >= order[drawn]->weight) ticket -= order[drawn++]->weight;
            std::swap(order[place], order[drawn]);
        }
        std::vector<std::string> names;
        names.reserve(order.size());
        for (const auto* queue : order) names.push_back(queue->name);
        return names;
    }

private:
    std::vector<ServedQueue> queues_;
    std::size_t weighted_ = 0; ///< how many queues have a weight; they come first
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
