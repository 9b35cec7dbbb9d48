#pragma once

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/error.hpp>
#include <asyncjobs/time.hpp>

#include <fmt/format.h>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

/// Throws Error (Errc::invalid_argument, or unsupported) that names the argument, its value and the
/// rule.
namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

[[noreturn]] inline void refuse(std::string_view argument, std::string_view value,
                                std::string_view rule) {
    constexpr std::size_t shown = 100;
    throw Error(Errc::invalid_argument, fmt::format("{} is \"{}\", but {}", argument,
                                                    printable(shortened(value, shown)), rule));
}

/// Refuses a call, an option or an object that needs a member of StoreCapabilities.
[[noreturn]] inline void refuse_unsupported(std::string_view what, std::string_view capability) {
    throw Error(Errc::unsupported,
                fmt::format("{}, but the job store lacks the capability {}", what, capability));
}

[[noreturn]] inline void refuse_unsupported(std::string_view argument, std::string_view value,
                                            std::string_view capability) {
    constexpr std::size_t shown = 100;
    refuse_unsupported(fmt::format("{} is \"{}\"", argument, printable(shortened(value, shown))),
                       capability);
}

inline void check_name(std::string_view argument, std::string_view value) {
    if (!is_name(value))
        refuse(argument, value, "must be 1-100 characters of A-Z a-z 0-9 . _ : / -");
}

inline void check_label(std::string_view argument, std::string_view value) {
    if (!is_label(value))
        refuse(argument, value, "must be at most 255 bytes of UTF-8 without control characters");
}

inline std::string shown(Duration value) { return fmt::format("{} us", value.count()); }
template <typename T>
requires(!std::derived_from<T, Duration>) std::string shown(const T& value) {
    return fmt::format("{}", value);
}

/// Throws unless `low <= value <= high`.
template <typename T>
void check_range(std::string_view argument, const T& value, const std::type_identity_t<T>& low,
                 const std::type_identity_t<T>& high) {
    if (value >= low && value <= high) return;
    throw Error(Errc::invalid_argument, fmt::format("{} is {}, but must be from {} to {}", argument,
                                                    shown(value), shown(low), shown(high)));
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
