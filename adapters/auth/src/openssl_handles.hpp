#pragma once

#include <asyncjobs/config.hpp>

#include <openssl/err.h>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// Deletes an OpenSSL object by `free`.
template <auto free>
struct Freed {
    template <typename T>
    void operator()(T* made) const noexcept {
        free(made);
    }
};
template <typename T, auto free>
using Handle = std::unique_ptr<T, Freed<free>>;

/// Restores the thread's queue of OpenSSL errors, which belongs to the host: its TLS reads it.
class ErrorsDropped {
public:
    ErrorsDropped() noexcept { ERR_set_mark(); }
    ~ErrorsDropped() { ERR_pop_to_mark(); }
    ErrorsDropped(const ErrorsDropped&) = delete;
    ErrorsDropped& operator=(const ErrorsDropped&) = delete;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
