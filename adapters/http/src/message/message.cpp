#include <asyncjobs/http/message.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

std::string network_of(const std::string& address) {
    boost::system::error_code error;
    const auto read = boost::asio::ip::make_address(address, error);
    if (error || read.is_v4() || read.to_v6().is_v4_mapped()) return address;
    constexpr unsigned short bits = 64;
    return boost::asio::ip::network_v6(read.to_v6(), bits).canonical().to_string();
}

std::optional<std::uint64_t> body_length(const Body& body) noexcept {
    if (const auto* file = std::get_if<FileBody>(&body)) return file->length;
    if (const auto* text = std::get_if<std::string>(&body)) return text->size();
    return std::nullopt;
}

std::string_view reason_phrase(unsigned status) noexcept {
    switch (status) {
    case 100:
        return "Continue";
    case 200:
        return "OK";
    case 201:
        return "Created";
    case 202:
        return "Accepted";
    case 204:
        return "No Content";
    case 206:
        return "Partial Content";
    case 301:
        return "Moved Permanently";
    case 302:
        return "Found";
    case 303:
        return "See Other";
    case 304:
        return "Not Modified";
    case 307:
        return "Temporary Redirect";
    case 308:
        return "Permanent Redirect";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 408:
        return "Request Timeout";
    case 409:
        return "Conflict";
    case 410:
        return "Gone";
    case 411:
        return "Length Required";
    case 412:
        return "Precondition Failed";
    case 413:
        return "Content Too Large";
    case 414:
        return "URI Too Long";
    case 415:
        return "Unsupported Media Type";
    case 416:
        return "Range Not Satisfiable";
    case 417:
        return "Expectation Failed";
    case 422:
        return "Unprocessable Content";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Unknown";
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
