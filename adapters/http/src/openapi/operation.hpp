#pragma once

#include "message/router.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// The members that a host declares for a route; empty for null. Throws Error
/// (Errc::invalid_argument) if they can't belong to an Operation Object.
boost::json::object read_operation(const JsonText& text);

/// How a route is mounted, from which a part of its description follows.
struct Mounting {
    std::string_view path = {}; ///< relative to the prefix
    bool authenticated = true;
    bool may_forbid = false;
    std::optional<boost::json::object> request_body = {}; ///< of a route that submits jobs
    bool may_conflict = false;   ///< with a job that has the same unique key
    bool takes_callback = false; ///< whether it reads `callback_url`
};

/// A route's Operation Object: the declared members, completed. `parameters` are the components
/// that it may refer to.
boost::json::object make_operation(const Route& route, Mounting mounting,
                                   const boost::json::object& parameters);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
