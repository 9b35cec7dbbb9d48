#pragma once

#include <asyncjobs/store/workers.hpp>

#include <array>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

inline constexpr std::array<std::string_view, 4> worker_states = {"running", "quiet", "stopping",
                                                                  "stopped"};

} // namespace detail

ASYNCJOBS_INLINE std::string_view to_string(WorkerState state) noexcept {
    return detail::worker_states[static_cast<std::size_t>(state)];
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
