#pragma once

#include <asyncjobs/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// How many there are, and how well that is known: a store counts one by one only up to a limit.
struct Count {
    static constexpr std::size_t counted = 10'000; ///< the limit

    /// How well `value` is known.
    enum class Precision {
        exact,    ///< so many
        at_least, ///< so many, or more
        about,    ///< as many as the database estimates
    };

    std::uint64_t value = 0;
    Precision precision = Precision::exact;

    friend bool operator==(const Count&, const Count&) = default;
};

/// `12`, `10000+` or `~250000`.
inline std::string to_string(const Count& count) {
    const std::string value = std::to_string(count.value);
    if (count.precision == Count::Precision::about) return '~' + value;
    return count.precision == Count::Precision::at_least ? value + '+' : value;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
