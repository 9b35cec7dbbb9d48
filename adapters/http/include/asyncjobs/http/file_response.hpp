#pragma once

#include <asyncjobs/http/message.hpp>
#include <asyncjobs/http/problem.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A file to send, with its headers.
struct FileInfo {
    std::string path = {};
    std::string content_type = "application/octet-stream";
    std::string download_name = {}; ///< in UTF-8; empty: shown, not saved
    std::string etag = {};          ///< with its quotes; empty: none, and no conditional requests
    /// Thrown if no such regular file exists.
    Problem missing = {404, "not_found", "no such file"};
};

/// The response to GET or HEAD with a file, or with the part that Range requests: 200, 206 or 304.
/// A request for several ranges gets the whole file. The file is opened here: removing or replacing
/// it later does not change what is sent.
///
/// Blocking  Opens the file.
/// Errors    Throws `info.missing`, Problem (416), Error (Errc::invalid_argument) for info that a
///           header can't contain, and std::runtime_error for a file that can't be read.
ASYNCJOBS_HTTP_DECL Response file_response(const Request& request, const FileInfo& info);

/// `attachment; filename="..."` with a plain fallback and, where it differs, the exact name
/// encoded after RFC 8187. Path separators and control characters become `_`.
ASYNCJOBS_HTTP_DECL std::string attachment_disposition(std::string_view name);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
