#pragma once

#include <asyncjobs/http/message.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A part of a file as a stream, for servers with one writer for every body that is no string. A
/// piece has up to 64 KiB, and is delivered within next().
///
/// Blocking       next() reads from the disk.
/// Errors         next() throws std::runtime_error if the file has become shorter, so that the
///                response can't be completed.
ASYNCJOBS_HTTP_DECL std::shared_ptr<BodyStream> stream_file(FileBody body);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
