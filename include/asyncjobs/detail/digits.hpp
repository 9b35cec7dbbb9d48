#pragma once

#include <asyncjobs/config.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// Appends a number that is not negative, with leading zeros up to `width`. For times, which are
/// written so often that formatting by a template would be the largest part of an answer's cost.
inline void append_digits(std::string& text, std::int64_t number, std::size_t width) {
    std::array<char, 20> digits = {};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto count = static_cast<std::size_t>(end - digits.data());
    if (count < width) text.append(width - count, '0');
    text.append(digits.data(), count);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
