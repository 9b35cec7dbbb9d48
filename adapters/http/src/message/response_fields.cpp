#include "message/response_fields.hpp"

#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

Response completed(Response response, std::string_view method) {
    response.headers.set("X-Content-Type-Options", "nosniff");
    const auto length = body_length(response.body);
    const bool bodiless = response.status == 204 || response.status == 304;
    if (bodiless || !length)
        response.headers.remove("Content-Length");
    else
        response.headers.set("Content-Length", std::to_string(*length));
    if (bodiless || method == "HEAD") response.body = std::string();
    return response;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
