#pragma once

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/http/call.hpp>

#include <algorithm>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// The rule that a principal breaks; empty if it breaks none.
inline std::string_view fault_of(const http::Principal& principal) noexcept {
    const auto is_bad = [](std::string_view text) {
        return text.empty() || !asyncjobs::detail::is_label(text);
    };
    if (is_bad(principal.owner))
        return "the owner must be 1-255 bytes of UTF-8 without control characters";
    if (std::ranges::any_of(principal.roles, is_bad))
        return "a role must be 1-255 bytes of UTF-8 without control characters";
    return {};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
