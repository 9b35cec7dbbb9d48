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

/// An answer, or what was thrown instead.
template <typename Answer>
struct Outcome {
    Answer answer = {};
    std::exception_ptr error = {};

    Answer take() {
        if (error) std::rethrow_exception(error);
        return std::move(answer);
    }
};

/// Answers in the order of the items.
template <typename Item, typename Answer>
using CallOfMany = std::function<std::vector<Answer>(std::span<const Item>)>;

/// What becomes of each item of a call. A fault that trying again does not help may be one item's
/// own: the others shall not share it, and each has a call of its own.
template <typename Item, typename Answer>
void call_for(const CallOfMany<Item, Answer>& call, std::span<const Item> items,
              std::span<Outcome<Answer>> outcomes) {
    try {
        auto answers = call(items);
        for (std::size_t i = 0; i < items.size(); ++i) outcomes[i].answer = std::move(answers[i]);
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

template <typename Item, typename Answer>
std::vector<Outcome<Answer>> outcomes_of(const CallOfMany<Item, Answer>& call,
                                         std::span<const Item> items) {
    std::vector<Outcome<Answer>> outcomes(items.size());
    call_for<Item, Answer>(call, items, outcomes);
    return outcomes;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
