#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// What the service sends to its clients when a job has finished, after Standard Webhooks 1.0.0.
boost::json::object webhooks();

/// Schemas of it.
boost::json::object webhook_schemas();

/// Header parameters of it, and the parameter of submits that names a URL.
boost::json::object webhook_parameters();

/// Of a delivery that has completed: null if another one has taken its place.
boost::json::object delivery_result_schema();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
