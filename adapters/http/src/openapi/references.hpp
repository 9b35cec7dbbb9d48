#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// Drops the components that nothing in the document refers to, except security schemes.
void drop_unused_components(boost::json::object& document);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
