#pragma once

#include <asyncjobs/error.hpp>
#include <asyncjobs/time.hpp>

#include <fmt/format.h>

#include <string_view>

namespace asyncjobs::detail {

inline std::string shown(Duration value) { return fmt::format("{} us", value.count()); }
template <typename T>
std::string shown(const T& value) {
    return fmt::format("{}", value);
}

/// Throws Error (Errc::invalid_argument) unless `low <= value <= high`.
template <typename T>
void check_range(std::string_view option, const T& value, const T& low, const T& high) {
    if (value >= low && value <= high) return;
    throw Error(Errc::invalid_argument, fmt::format("{} is {}, but must be from {} to {}", option,
                                                    shown(value), shown(low), shown(high)));
}

} // namespace asyncjobs::detail
