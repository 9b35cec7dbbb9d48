#pragma once

#include <asyncjobs/detail/digits.hpp>
#include <asyncjobs/time.hpp>

#include <charconv>

namespace asyncjobs::inline ASYNCJOBS_ABI {

ASYNCJOBS_INLINE std::string to_rfc3339(Timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::string text;
    const auto append = [&text](auto number, std::size_t width, char after) {
        detail::append_digits(text, number, width);
        text += after;
    };
    text.reserve(sizeof "2025-01-08T12:00:00.000000Z");
    append(static_cast<int>(date.year()), 4, '-');
    append(static_cast<unsigned>(date.month()), 2, '-');
    append(static_cast<unsigned>(date.day()), 2, 'T');
    append(clock.hours().count(), 2, ':');
    append(clock.minutes().count(), 2, ':');
    detail::append_digits(text, clock.seconds().count(), 2);
    if (const auto micros = clock.subseconds().count(); micros != 0) {
        text += '.';
        detail::append_digits(text, micros, 6);
    }
    text += 'Z';
    return text;
}

namespace detail {

/// Consumes fixed-width fields and separators from the front of a text.
class FieldReader {
public:
    explicit FieldReader(std::string_view text) noexcept : rest_(text) {}

    bool digits(std::size_t width, int& out) noexcept {
        if (rest_.size() < width) return false;
        for (const char c : rest_.substr(0, width))
            if (c < '0' || c > '9') return false;
        std::from_chars(rest_.data(), rest_.data() + width, out);
        rest_.remove_prefix(width);
        return true;
    }

    bool any_of(std::string_view characters, char* taken = nullptr) noexcept {
        if (rest_.empty() || characters.find(rest_.front()) == characters.npos) return false;
        if (taken) *taken = rest_.front();
        rest_.remove_prefix(1);
        return true;
    }

    /// One or more digits after the point, as microseconds.
    bool fraction(int& micros) noexcept {
        std::size_t count = 0;
        micros = 0;
        for (int digit = 0; digits(1, digit); ++count)
            if (count < 6) micros = micros * 10 + digit;
        for (auto padding = count; padding < 6; ++padding) micros *= 10;
        return count > 0;
    }

    bool at_end() const noexcept { return rest_.empty(); }

private:
    std::string_view rest_;
};

} // namespace detail

ASYNCJOBS_INLINE std::optional<Timestamp> parse_rfc3339(std::string_view text) {
    detail::FieldReader in(text);
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
    if (!(in.digits(4, year) && in.any_of("-") && in.digits(2, month) && in.any_of("-") &&
          in.digits(2, day) && in.any_of("Tt ") && in.digits(2, hour) && in.any_of(":") &&
          in.digits(2, minute) && in.any_of(":") && in.digits(2, second)))
        return std::nullopt;
    if (in.any_of(".") && !in.fraction(micros)) return std::nullopt;

    std::chrono::minutes offset{0};
    if (char sign = '+'; in.any_of("+-", &sign)) {
        int hours = 0, minutes = 0;
        if (!(in.digits(2, hours) && in.any_of(":") && in.digits(2, minutes)) || hours > 23 ||
            minutes > 59)
            return std::nullopt;
        offset = std::chrono::minutes{(hours * 60 + minutes) * (sign == '-' ? -1 : 1)};
    } else if (!in.any_of("Zz")) {
        return std::nullopt;
    }

    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!in.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return Timestamp{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + std::chrono::seconds{second} + Duration{micros} - offset;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
