#pragma once

#include <asyncjobs/error.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// A result, or the exception thrown instead.
template <typename Result>
struct Outcome {
    Result result = {};
    std::exception_ptr error = {};

    Result take() {
        if (error) std::rethrow_exception(error);
        return std::move(result);
    }
};

/// Returns results in the order of the items.
template <typename Item, typename Result>
using CallOfMany = std::function<std::vector<Result>(std::span<const Item>)>;

/// Calls for all items, and returns the outcome of each. A fault that is not retryable may be
/// caused by a single item: to isolate it, each item then gets its own call.
template <typename Item, typename Result>
void call_for(const CallOfMany<Item, Result>& call, std::span<const Item> items,
              std::span<Outcome<Result>> outcomes) {
    try {
        auto results = call(items);
        for (std::size_t i = 0; i < items.size(); ++i) outcomes[i].result = std::move(results[i]);
    } catch (const std::system_error& error) {
        const bool shared = error.code() == Condition::retryable || items.size() == 1;
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (shared)
                outcomes[i].error = std::current_exception();
            else
                call_for(call, items.subspan(i, 1), outcomes.subspan(i, 1));
        }
    } catch (...) {
        for (auto& outcome : outcomes) outcome.error = std::current_exception();
    }
}

template <typename Item, typename Result>
std::vector<Outcome<Result>> outcomes_of(const CallOfMany<Item, Result>& call,
                                         std::span<const Item> items) {
    std::vector<Outcome<Result>> outcomes(items.size());
    call_for<Item, Result>(call, items, outcomes);
    return outcomes;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
