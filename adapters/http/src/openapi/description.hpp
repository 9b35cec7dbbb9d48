#pragma once

#include "document.hpp"

#include <mutex>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// Throws Error (Errc::invalid_argument) that names the option.
void check(const OpenApiOptions& options);

/// The document's text, made when it is wanted first.
///
/// Thread-safety  Full.
class Description {
public:
    struct Text {
        std::string document = {};
        std::string etag = {};
    };

    /// Of what the first caller has mounted.
    const Text& text(const Mounted& mounted);

private:
    std::once_flag made_;
    Text text_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
