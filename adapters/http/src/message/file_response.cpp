#include <asyncjobs/http/file_response.hpp>

#include "message/negotiation.hpp"

#include <asyncjobs/detail/attachment.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {
namespace {

struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0; ///< inclusive
};

enum class RangeKind { none, valid, unsatisfiable };

struct RangeReading {
    RangeKind kind = RangeKind::none;
    Range range = {};
};

bool read_number(std::string_view text, std::uint64_t& out) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool all_digits(std::string_view text) noexcept {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Ignores a malformed field and one with several ranges, as HTTP allows: the whole file is sent.
RangeReading read_range(const Headers& headers, std::uint64_t size) noexcept {
    const std::string* field = headers.find("Range");
    if (!field || headers.count("Range") > 1) return {};
    std::string_view text = trimmed(*field);
    constexpr std::string_view unit = "bytes=";
    if (!equals_ignoring_case(text.substr(0, unit.size()), unit)) return {};
    text = trimmed(text.substr(unit.size()));
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return {};
    const auto from = text.substr(0, dash);
    const auto to = text.substr(dash + 1);
    if (!all_digits(from) || !all_digits(to) || (from.empty() && to.empty())) return {};

    std::uint64_t first = 0;
    std::uint64_t last = 0;
    const bool huge_last = !to.empty() && !read_number(to, last);
    if (from.empty()) {
        const auto length = huge_last ? size : std::min(last, size);
        if (length == 0) return {.kind = RangeKind::unsatisfiable};
        return {RangeKind::valid, {size - length, size - 1}};
    }
    if (!read_number(from, first) || first >= size) return {.kind = RangeKind::unsatisfiable};
    if (to.empty() || huge_last) last = size - 1;
    if (last < first) return {};
    return {RangeKind::valid, {first, std::min(last, size - 1)}};
}

/// If-Range: only for the same representation, by strong comparison.
bool range_applies(const Headers& headers, const std::string& etag) {
    const std::string* condition = headers.find("If-Range");
    return !condition || (!etag.empty() && !etag.starts_with("W/") && trimmed(*condition) == etag);
}

bool is_there(const FileInfo& info) {
    std::error_code error;
    return std::filesystem::is_regular_file(info.path, error);
}

/// Opens the file, positioned at its end.
std::shared_ptr<std::istream> open(const FileInfo& info) {
    if (!is_there(info)) throw info.missing;
    auto file = std::make_shared<std::ifstream>(info.path, std::ios::binary | std::ios::ate);
    if (*file) return file;
    if (!is_there(info)) throw info.missing;
    throw std::runtime_error(fmt::format("{}: can't be read", info.path));
}

FileBody part(std::shared_ptr<std::istream> file, std::uint64_t first, std::uint64_t length) {
    file->seekg(static_cast<std::streamoff>(first));
    return {std::move(file), length};
}

} // namespace

std::string attachment_disposition(std::string_view name) {
    return asyncjobs::detail::attachment_disposition(name);
}

Response file_response(const Request& request, const FileInfo& info) {
    auto file = open(info);
    const auto size = static_cast<std::uint64_t>(file->tellg());

    Response response;
    response.headers.set("Accept-Ranges", "bytes");
    if (!info.etag.empty()) {
        response.headers.set("ETag", info.etag);
        if (has_current(request.headers, info.etag)) {
            response.status = 304;
            return response;
        }
    }
    response.headers.set("Content-Type", info.content_type);
    response.headers.set("X-Content-Type-Options", "nosniff");
    if (!info.download_name.empty())
        response.headers.set("Content-Disposition", attachment_disposition(info.download_name));

    RangeReading reading;
    if (request.method == "GET" && range_applies(request.headers, info.etag))
        reading = read_range(request.headers, size);
    if (reading.kind == RangeKind::unsatisfiable)
        throw Problem(416, "range_not_satisfiable", "the range is beyond the end of the file")
            .with_header("Content-Range", fmt::format("bytes */{}", size))
            .with_header("Accept-Ranges", "bytes");
    if (reading.kind == RangeKind::none) {
        response.body = part(std::move(file), 0, size);
        return response;
    }
    const auto [first, last] = reading.range;
    response.status = 206;
    response.headers.set("Content-Range", fmt::format("bytes {}-{}/{}", first, last, size));
    response.body = part(std::move(file), first, last - first + 1);
    return response;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
