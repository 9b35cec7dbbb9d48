#pragma once

#include <asyncjobs/config.hpp>

#include <cstdint>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// FNV-1a, for texts that no attacker chooses. Continues from `hash`.
constexpr std::uint64_t fnv(std::string_view text,
                            std::uint64_t hash = 0xcbf29ce484222325) noexcept {
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return hash;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
