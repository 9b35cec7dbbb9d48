#pragma once

#include "../router.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// What a host says of a route, empty for null. Throws Error (Errc::invalid_argument) if that can
/// be no Operation Object.
boost::json::object read_operation(const JsonText& text);

/// What a route's description follows from, beside what is said of it.
struct Mounting {
    std::string_view path = {}; ///< relative to the prefix
    bool authenticated = true;
    bool may_forbid = false;
    std::optional<boost::json::object> request_body = {}; ///< of a route that submits jobs
    bool takes_callback = false;                          ///< whether `callback_url` is looked at
};

/// A route's Operation Object: what is said of it, completed. `parameters` are the components that
/// it may refer to.
boost::json::object make_operation(const Route& route, Mounting mounting,
                                   const boost::json::object& parameters);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
