#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// Drops the components that nothing else in the document refers to, but for security schemes.
void drop_unused_components(boost::json::object& document);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
