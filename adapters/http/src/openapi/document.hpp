#pragma once

#include "openapi/submissions.hpp"

#include "message/router.hpp"

#include <asyncjobs/http/api_options.hpp>

#include <boost/json/object.hpp>

#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// The parts of a description; borrowed for the call.
struct Mounted {
    const ApiOptions& options;
    std::vector<const Route*> routes;
    const GenericTypes& generic_types;
};

/// The OpenAPI 3.1 document.
boost::json::object make_document(const Mounted& mounted);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
