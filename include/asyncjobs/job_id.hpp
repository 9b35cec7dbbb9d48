#pragma once

#include <asyncjobs/config.hpp>
#include <asyncjobs/time.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Names one job forever: `job-`, the UTC date, `-`, and 26 lower-case Crockford base32 characters
/// that hold the time of day (40 bits, so ids sort by age) and 90 random bits.
///
/// An id is hard to guess, but knowing one is never an authorization. A regular, allocation-free
/// value.
class ASYNCJOBS_DECL JobId {
public:
    static constexpr std::size_t length = 39; ///< of the text

    /// The null id, which no job has.
    constexpr JobId() noexcept { text_.fill('0'); }

    /// Makes an id from the time and 90 of the random bits. Hosts call Client::make_id().
    [[nodiscard]] static JobId make(Timestamp now, std::uint64_t random_high,
                                    std::uint64_t random_low) noexcept;

    /// Empty if `text` is not an id in its canonical form.
    [[nodiscard]] static std::optional<JobId> parse(std::string_view text) noexcept;

    /// Returns the canonical form. Valid as long as the id.
    std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

    friend auto operator<=>(const JobId&, const JobId&) = default;

private:
    std::array<char, length> text_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

/// For unordered containers.
template <>
struct std::hash<asyncjobs::JobId> {
    /// Of the text.
    std::size_t operator()(const asyncjobs::JobId& id) const noexcept {
        return std::hash<std::string_view>{}(id.text());
    }
};

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/job_id.ipp>
#endif
