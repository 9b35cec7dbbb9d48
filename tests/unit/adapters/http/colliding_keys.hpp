#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

/// Different texts of 16 printable characters with equal std::hash<std::string> in libstdc++, which
/// an attacker can find for any hash without a secret. Of two blocks of eight bytes the first one
/// counts up, and the second one reverts its effect on the hash.
inline std::vector<std::string> colliding_keys(std::size_t count) {
    constexpr std::uint64_t factor = 0xc6a4a7935bd1e995;
    constexpr std::uint64_t inverse = [] {
        std::uint64_t x = 1; // Newton's method, modulo 2^64
        for (int i = 0; i < 6; ++i) x *= 2 - factor * x;
        return x;
    }();
    const auto mix = [](std::uint64_t value) { return value ^ value >> 47; }; // its own inverse
    const std::uint64_t begin = 0xc70f6907 ^ 16 * factor;
    std::vector<std::string> keys;
    for (std::uint64_t number = 0; keys.size() < count; ++number) {
        char text[16];
        std::uint64_t first = 0;
        for (std::size_t i = 0; i < 8; ++i)
            first |= std::uint64_t{static_cast<unsigned char>('a' + (number >> 4 * i & 15))}
                     << 8 * i;
        const std::uint64_t hash = (begin ^ mix(first * factor) * factor) * factor;
        const std::uint64_t second = mix(hash * inverse) * inverse;
        std::memcpy(text, &first, 8);
        std::memcpy(text + 8, &second, 8);
        const bool is_plain = std::all_of(text + 8, text + 16, [](char c) {
            return c >= ' ' && c <= '~' && c != '"' && c != '\\';
        });
        if (is_plain) keys.emplace_back(text, sizeof text);
    }
    return keys;
}
