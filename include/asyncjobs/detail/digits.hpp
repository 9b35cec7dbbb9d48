#pragma once

#include <asyncjobs/config.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Appends a non-negative number, with leading zeros up to `width`. For times, which are so
/// frequent that a format template would dominate the cost of a response.
inline void append_digits(std::string& text, std::int64_t number, std::size_t width) {
    std::array<char, 20> digits = {};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto count = static_cast<std::size_t>(end - digits.data());
    if (count < width) text.append(width - count, '0');
    text.append(digits.data(), count);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
