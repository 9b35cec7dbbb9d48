#pragma once

#include <asyncjobs/config.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::auth {

/// A text's bytes in OpenSSL's type.
inline const unsigned char* octets(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::auth
