#pragma once

#include <asyncjobs/job_id.hpp>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI {
namespace detail {

inline constexpr std::string_view base32 = "0123456789abcdefghjkmnpqrstvwxyz";
inline constexpr std::string_view job_id_prefix = "job-";
inline constexpr std::size_t job_id_date = job_id_prefix.size();
inline constexpr std::size_t job_id_code = job_id_date + 8 + 1;

inline void write_digits(char* out, std::size_t width, unsigned value) noexcept {
    for (; width > 0; value /= 10) out[--width] = static_cast<char>('0' + value % 10);
}

inline void write_base32(char* out, std::size_t width, std::uint64_t value) noexcept {
    for (; width > 0; value >>= 5) out[--width] = base32[value & 31];
}

} // namespace detail

ASYNCJOBS_INLINE JobId JobId::make(Timestamp now, std::uint64_t random_high,
                                   std::uint64_t random_low) noexcept {
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    JobId id;
    char* out =
        std::copy(detail::job_id_prefix.begin(), detail::job_id_prefix.end(), id.text_.begin());
    detail::write_digits(out, 4, static_cast<unsigned>(static_cast<int>(date.year())));
    detail::write_digits(out + 4, 2, static_cast<unsigned>(date.month()));
    detail::write_digits(out + 6, 2, static_cast<unsigned>(date.day()));
    out[8] = '-';
    out += 9;
    detail::write_base32(out, 8, static_cast<std::uint64_t>((now - day).count()));
    detail::write_base32(out + 8, 6, random_high);
    detail::write_base32(out + 14, 12, random_low);
    return id;
}

ASYNCJOBS_INLINE std::optional<JobId> JobId::parse(std::string_view text) noexcept {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto is_base32 = [](char c) { return detail::base32.find(c) != std::string_view::npos; };
    if (text.size() != length || !text.starts_with(detail::job_id_prefix) ||
        !std::ranges::all_of(text.substr(detail::job_id_date, 8), is_digit) ||
        text[detail::job_id_code - 1] != '-' ||
        !std::ranges::all_of(text.substr(detail::job_id_code), is_base32))
        return std::nullopt;
    JobId id;
    std::ranges::copy(text, id.text_.begin());
    return id;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
