#pragma once

#include <zlib.h>

#include <memory>

namespace report_server {

struct CloseGzip {
    void operator()(gzFile stream) const { gzclose(stream); }
};

/// An open file of zlib's, read or written, compressed or plain.
using GzipStream = std::unique_ptr<gzFile_s, CloseGzip>;

} // namespace report_server
