#pragma once

#include <asyncjobs/http/message.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The authenticated caller.
struct ASYNCJOBS_HTTP_DECL Principal {
    std::string owner = {};              ///< of the caller's jobs; see NewJob::owner
    std::vector<std::string> roles = {}; ///< for the host's own rules

    bool has_role(std::string_view role) const noexcept; ///< compares exactly
};

/// Named values from a request's target, percent-decoded and valid UTF-8.
class ASYNCJOBS_HTTP_DECL Parameters {
public:
    /// Appends a value; a name may have several.
    void add(std::string name, std::string value) {
        values_.emplace_back(std::move(name), std::move(value));
    }

    /// The first value of that name; nullptr if none exists.
    const std::string* find(std::string_view name) const noexcept;

    /// The only value of that name; nullptr if none exists. Throws Problem (400) if it is repeated.
    const std::string* single(std::string_view name) const;

    auto begin() const noexcept { return values_.begin(); }
    auto end() const noexcept { return values_.end(); }

private:
    std::vector<std::pair<std::string, std::string>> values_;
};

/// The argument of a route's handler: one authenticated request. Valid for the time of the call.
struct Call {
    const Request& request;
    const Principal& principal; ///< its owner is empty on a route without authentication
    const Parameters& path;     ///< of the route's `{name}` segments
    const Parameters& query;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
