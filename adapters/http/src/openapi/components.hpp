#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

#include <cstddef>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// The components that operations refer to, except schemas and problems.
boost::json::object parameters(std::size_t default_page);
boost::json::object headers();
boost::json::object responses();
boost::json::object links();

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
