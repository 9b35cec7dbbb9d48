#pragma once

#include <asyncjobs/http/call.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A parsed request target in origin form.
struct Target {
    std::vector<std::string> segments = {}; ///< decoded: `/a%2Fb/c` is {"a/b", "c"}
    Parameters query = {};
};

/// A target without its query, as it was sent.
inline std::string_view path_of(std::string_view target) noexcept {
    return target.substr(0, target.find('?'));
}

/// Throws Problem (400) for a malformed target and for what a path must not contain: bad escapes,
/// NUL and other control characters, invalid UTF-8, `.` and `..` segments.
Target parse_target(std::string_view text);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
