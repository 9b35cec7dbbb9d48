#pragma once

#include <asyncjobs/http/message.hpp>
#include <asyncjobs/http/problem.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// What to say of a file that is sent.
struct FileInfo {
    std::string path = {};
    std::string content_type = "application/octet-stream";
    std::string download_name = {}; ///< in UTF-8; empty: shown, not saved
    std::string etag = {};          ///< with its quotes; empty: none, and no conditional answers
    /// What is answered if there is no such regular file.
    Problem missing = {404, "not_found", "no such file"};
};

/// Answers GET and HEAD with a file or the part of it that Range asks for: 200, 206, 304 or 416.
/// Several ranges at once get the whole file. It is opened here: what removes or replaces it later
/// does not change what is sent.
///
/// Blocking  Opens the file.
/// Errors    Throws `info.missing`, Problem (416), Error (Errc::invalid_argument) for info that no
///           header can hold, and std::runtime_error for a file that can't be read.
ASYNCJOBS_HTTP_DECL Response file_response(const Request& request, const FileInfo& info);

/// `attachment; filename="..."` with a plain fallback and, where it differs, the exact name
/// encoded after RFC 8187. Path separators and control characters become `_`.
ASYNCJOBS_HTTP_DECL std::string attachment_disposition(std::string_view name);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
