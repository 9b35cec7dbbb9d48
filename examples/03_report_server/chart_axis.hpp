#pragma once

#include "money.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace report_server {

/// The scale of a chart of money. It contains zero and ends on a multiple of its step; it begins on
/// one too, or less than half a step below zero where the values need no more.
struct ValueAxis {
    Money lowest;
    Money highest;
    Money step;
};

/// The finest axis with a step of 1, 2 or 5 times a power of ten, from a cent upwards, that covers
/// both values in at most `most_steps` steps (at least 2). Throws `std::overflow_error` near the
/// end of 64 bits. Thread-safety: a pure function.
ValueAxis value_axis(Money lowest, Money highest, std::int64_t most_steps);

/// A multiple of the step, with the decimals that the step needs.
struct ValueTick {
    Money value;
    std::string label;
};

/// The ticks of an axis from the lowest upwards.
std::vector<ValueTick> value_ticks(const ValueAxis& axis);

/// A labelled day of a chart; `year` is empty where the tick before has the same.
struct DateTick {
    std::size_t day_index = 0;
    std::string label;
    std::string year;
};

/// Labels for `day_count` days from `first_day`: every day, every second, Mondays, every second
/// Monday, or the first of every, every second, third, sixth or twelfth month - the finest that
/// needs at most `most` labels. Thread-safety: a pure function.
std::vector<DateTick> date_ticks(std::chrono::sys_days first_day, std::size_t day_count,
                                 std::size_t most);

} // namespace report_server
