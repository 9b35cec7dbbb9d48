#pragma once

#include <compare>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace report_server {

/// An exact amount of money, counted in thousandths of the currency unit.
///
/// Unit prices carry up to three decimals, so sums stay exact until they are shown; only
/// `to_string` and `to_cents` round.
///
/// Thread-safety: a value.
/// Errors: arithmetic that leaves the range of 64 bits throws `std::overflow_error`.
class Money {
public:
    constexpr Money() = default;

    static constexpr Money from_thousandths(std::int64_t thousandths) { return Money{thousandths}; }

    constexpr std::int64_t thousandths() const { return thousandths_; }

    constexpr Money& operator+=(Money other) {
        if (__builtin_add_overflow(thousandths_, other.thousandths_, &thousandths_))
            throw std::overflow_error{"a sum of money exceeds 64 bits"};
        return *this;
    }

    friend constexpr Money operator+(Money left, Money right) { return left += right; }

    friend constexpr Money operator*(Money price, std::int64_t quantity) {
        Money product;
        if (__builtin_mul_overflow(price.thousandths_, quantity, &product.thousandths_))
            throw std::overflow_error{"a price times a quantity exceeds 64 bits"};
        return product;
    }

    friend constexpr auto operator<=>(Money, Money) = default;

private:
    constexpr explicit Money(std::int64_t thousandths) : thousandths_{thousandths} {}

    std::int64_t thousandths_ = 0;
};

/// The amount in whole cents; half a cent goes to the even neighbour.
constexpr std::int64_t to_cents(Money amount) {
    const std::int64_t cents = amount.thousandths() / 10;
    const std::int64_t rest = amount.thousandths() % 10;
    const bool is_odd = cents % 2 != 0;
    if (rest > 5 || (rest == 5 && is_odd)) return cents + 1;
    if (rest < -5 || (rest == -5 && is_odd)) return cents - 1;
    return cents;
}

/// Plain decimal text with two decimals, such as `560000.26` or `-0.01`; never `-0.00`.
inline std::string to_string(Money amount) {
    const std::int64_t cents = to_cents(amount);
    std::string digits = std::to_string(cents);
    const std::size_t first_digit = cents < 0 ? 1 : 0;
    if (digits.size() < first_digit + 3)
        digits.insert(first_digit, first_digit + 3 - digits.size(), '0');
    digits.insert(digits.size() - 2, 1, '.');
    return digits;
}

} // namespace report_server
