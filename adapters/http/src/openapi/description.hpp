#pragma once

#include "openapi/document.hpp"

#include <asyncjobs/http/openapi.hpp>

#include <mutex>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// Throws Error (Errc::invalid_argument) that names the option.
void check(const OpenApiOptions& options);

/// The document's text, made at the first request.
///
/// Thread-safety  Full.
class Description {
public:
    struct Text {
        std::string document = {};
        std::string etag = {};
    };

    /// Made of the first caller's `mounted`.
    const Text& text(const Mounted& mounted);

private:
    std::once_flag made_;
    Text text_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
