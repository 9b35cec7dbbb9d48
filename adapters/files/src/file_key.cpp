#include "file_key.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <charconv>

namespace asyncjobs::inline ASYNCJOBS_ABI::files {
namespace {

constexpr std::size_t longest_key = 240; ///< with its prefix, it is a file's name

bool is_segment(std::string_view text) { return !text.empty() && text != "." && text != ".."; }

bool is_content_type(std::string_view text) {
    return !text.empty() && text.size() <= 255 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

} // namespace

std::string percent_encoded(std::string_view text) {
    return boost::urls::encode(text, boost::urls::unreserved_chars);
}

std::string encoded_path(std::string_view path) {
    return boost::urls::encode(path, boost::urls::unreserved_chars + '/');
}

std::string link_segment(std::string_view key) {
    auto segment = boost::urls::encode(key, boost::urls::unreserved_chars - '~');
    std::replace(segment.begin(), segment.end(), '%', '~');
    return segment;
}

std::optional<std::string> key_of_segment(std::string_view segment) {
    std::string key;
    for (std::size_t i = 0; i < segment.size(); ++i) {
        unsigned char byte = static_cast<unsigned char>(segment[i]);
        if (byte == '~') {
            const auto digits = segment.substr(i + 1, 2);
            const auto end = digits.data() + digits.size();
            if (digits.size() < 2 || std::from_chars(digits.data(), end, byte, 16).ptr != end)
                return std::nullopt;
            i += 2;
        }
        key += static_cast<char>(byte);
    }
    // Each key has exactly one segment.
    return link_segment(key) == segment ? std::optional(std::move(key)) : std::nullopt;
}

bool is_key(std::string_view text) {
    if (!detail::is_label(text) || percent_encoded(text).size() > longest_key) return false;
    for (;;) {
        const auto slash = text.find('/');
        if (!is_segment(text.substr(0, slash))) return false;
        if (slash == std::string_view::npos) return true;
        text.remove_prefix(slash + 1);
    }
}

void check_key(std::string_view key) {
    if (!is_key(key))
        detail::refuse("a file's key", key,
                       "must be UTF-8 without control characters, at most 240 bytes when "
                       "percent-encoded, and without empty, \".\" and \"..\" segments");
}

void validate(const FileInfo& info) {
    if (!is_content_type(info.content_type))
        detail::refuse("content_type", info.content_type, "must be 1-255 characters of ASCII");
    detail::check_label("download_name", info.download_name);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::files
