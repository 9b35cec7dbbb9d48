#pragma once

#include <asyncjobs/http/message.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// A part of a file as a stream of its bytes, for servers that write all bodies but strings by one
/// way. A piece is up to 64 KiB, and comes at once.
///
/// Blocking       next() reads from the disk.
/// Errors         next() throws std::runtime_error where the file hasn't the bytes that were
///                promised, so that the answer can't be completed.
ASYNCJOBS_HTTP_DECL std::shared_ptr<BodyStream> stream_file(FileBody body);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
