#include "trusted_write.hpp"

#include <asyncjobs/http/bearer_token.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

bool is_trusted_write(const http::Request& request, std::string_view origin) noexcept {
    const auto& headers = request.headers;
    // A page of another site can't make a browser send a token that the page does not know.
    if (http::bearer_token(request) && !headers.find("Cookie")) return true;
    if (headers.find("Sec-Fetch-Site"))
        return headers.count("Sec-Fetch-Site") == 1 &&
               *headers.find("Sec-Fetch-Site") == "same-origin";
    return !origin.empty() && headers.count("Origin") == 1 && *headers.find("Origin") == origin;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
