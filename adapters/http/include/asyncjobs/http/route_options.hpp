#pragma once

#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/message.hpp>
#include <asyncjobs/http/submit_route.hpp>
#include <asyncjobs/json_text.hpp>

#include <functional>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Handles a route of the host, on the API's threads. May block unless RouteOptions::blocks is
/// false.
///
/// Errors  A Problem that it throws is the response; any other exception is logged and becomes a
///         500 without its text.
using RouteHandler = std::function<Response(const Call&)>;

/// Settings of a route of the host.
struct RouteOptions {
    bool authenticate = true; ///< false: no authentication, an empty principal
    Permit permit = {};
    /// Members of an OpenAPI Operation Object: `{"summary": "A report's file"}`. `/openapi.json`
    /// adds missing ones that follow from the route: path parameters, security, problems.
    JsonText operation = {};
    bool blocks = true;    ///< false: the handler returns at once, and handle() may call it
    bool described = true; ///< false: left out of `/openapi.json`
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
