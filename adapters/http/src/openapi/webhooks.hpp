#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// What the service sends to its clients when a job has finished, after Standard Webhooks 1.0.0.
boost::json::object webhooks();

/// Schemas of it.
boost::json::object webhook_schemas();

/// Header parameters of it.
boost::json::object webhook_parameters();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
