#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// The notifications of finished jobs (Standard Webhooks 1.0.0).
boost::json::object webhooks();

/// Their schemas.
boost::json::object webhook_schemas();

/// Their header parameters, and the parameter `callback_url` of submits.
boost::json::object webhook_parameters();

/// The result of a completed delivery; null if another delivery has replaced it.
boost::json::object delivery_result_schema();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
