#pragma once

#include <asyncjobs/config.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// `SalesReport` for `sales_report`: the words of letters and digits in `text`, joined.
std::string pascal_case(std::string_view text);

/// `get` for the method GET: its key in a Path Item Object.
std::string verb_of(std::string_view method);

/// `getFilesKey` for the verb `get` and the path `/files/{key}`.
std::string operation_id(std::string_view verb, std::string_view path);

/// The first segment of a path, without its braces.
std::string first_segment(std::string_view path);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
