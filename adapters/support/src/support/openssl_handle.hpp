#pragma once

#include <asyncjobs/config.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::support {

/// Deletes an OpenSSL object by `free`.
template <auto free>
struct OpensslDeleter {
    template <typename T>
    void operator()(T* made) const noexcept {
        free(made);
    }
};

/// Owns an OpenSSL object.
template <typename T, auto free>
using OpensslHandle = std::unique_ptr<T, OpensslDeleter<free>>;

} // namespace asyncjobs::inline ASYNCJOBS_ABI::support
