#include "openapi/description.hpp"

#include "message/fnv.hpp"
#include "openapi/json_object.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

void check(const OpenApiOptions& options) {
    object_of(options.info, "openapi.info");
    object_of(options.security, "openapi.security");
    for (const auto& schema : options.other_results) object_of(schema, "openapi.other_results");
    const std::string_view name = options.security_scheme;
    if (!asyncjobs::detail::is_name(name) || name.find_first_of(":/") != name.npos)
        asyncjobs::detail::refuse("openapi.security_scheme", name,
                                  "must be 1-100 characters of A-Z a-z 0-9 . _ -");
}

const Description::Text& Description::text(const Mounted& mounted) {
    std::call_once(made_, [&] {
        text_.document = boost::json::serialize(make_document(mounted));
        text_.etag = fmt::format("\"{:016x}\"", fnv(text_.document));
    });
    return text_;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
