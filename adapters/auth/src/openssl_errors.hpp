#pragma once

#include <asyncjobs/config.hpp>

#include <openssl/err.h>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// Restores the thread's queue of OpenSSL errors, which belongs to the host: its TLS reads it.
class ErrorsDropped {
public:
    ErrorsDropped() noexcept { ERR_set_mark(); }
    ~ErrorsDropped() { ERR_pop_to_mark(); }
    ErrorsDropped(const ErrorsDropped&) = delete;
    ErrorsDropped& operator=(const ErrorsDropped&) = delete;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
