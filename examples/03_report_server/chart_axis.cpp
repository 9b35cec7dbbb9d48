#include "chart_axis.hpp"

#include "number_text.hpp"

#include <algorithm>
#include <array>

namespace report_server {
namespace {

constexpr std::int64_t one_cent = 10;
constexpr std::int64_t one_unit = 1000;

std::int64_t steps_below(Money amount, std::int64_t step) {
    const auto value = amount.thousandths();
    return value / step - (value % step < 0 ? 1 : 0);
}

std::int64_t steps_above(Money amount, std::int64_t step) {
    const auto value = amount.thousandths();
    return value / step + (value % step > 0 ? 1 : 0);
}

/// 10, 20, 50, 100, 200, 500, ...
std::int64_t next_step(std::int64_t step) {
    std::int64_t leading = step;
    while (leading >= 10) leading /= 10;
    const Money current = Money::from_thousandths(step);
    return leading == 2 ? (current * 5).thousandths() / 2 : (current * 2).thousandths();
}

using Days = std::vector<std::size_t>;

Days every_nth_day(std::size_t first, std::size_t day_count, std::size_t step) {
    Days days;
    for (std::size_t index = first; index < day_count; index += step) days.push_back(index);
    return days;
}

Days mondays(std::chrono::sys_days first_day, std::size_t day_count, std::size_t weeks) {
    const auto wait = std::chrono::Monday - std::chrono::weekday{first_day};
    return every_nth_day(static_cast<std::size_t>(wait.count()), day_count, weeks * 7);
}

Days month_starts(std::chrono::sys_days first_day, std::size_t day_count, unsigned step) {
    Days days;
    for (std::size_t index = 0; index < day_count; ++index) {
        const std::chrono::year_month_day date{first_day +
                                               std::chrono::days{static_cast<int>(index)}};
        if (date.day() == std::chrono::day{1} &&
            (static_cast<unsigned>(date.month()) - 1) % step == 0)
            days.push_back(index);
    }
    return days;
}

struct Labelling {
    Days days;
    bool by_month = false;
};

Labelling finest_labelling(std::chrono::sys_days first_day, std::size_t day_count,
                           std::size_t most) {
    if (day_count <= most) return {every_nth_day(0, day_count, 1), false};
    if ((day_count + 1) / 2 <= most) return {every_nth_day(0, day_count, 2), false};
    for (const std::size_t weeks : {1u, 2u}) {
        Days days = mondays(first_day, day_count, weeks);
        if (days.size() <= most) return {std::move(days), false};
    }
    for (const unsigned months : {1u, 2u, 3u, 6u}) {
        Days days = month_starts(first_day, day_count, months);
        if (days.size() <= most) return {std::move(days), true};
    }
    return {month_starts(first_day, day_count, 12), true};
}

} // namespace

ValueAxis value_axis(Money lowest, Money highest, std::int64_t most_steps) {
    lowest = std::min(lowest, Money{});
    highest = std::max(highest, Money{});
    if (lowest == highest) highest = Money::from_thousandths(one_unit);

    std::int64_t step = one_cent;
    while (steps_above(highest, step) - steps_below(lowest, step) > most_steps)
        step = next_step(step);
    const Money width = Money::from_thousandths(step);
    const bool just_below_zero = lowest < Money{} && lowest + lowest > width * -1;
    return {.lowest = just_below_zero ? lowest : width * steps_below(lowest, step),
            .highest = width * steps_above(highest, step),
            .step = width};
}

std::vector<ValueTick> value_ticks(const ValueAxis& axis) {
    const bool is_whole = axis.step.thousandths() % one_unit == 0;
    std::vector<ValueTick> ticks;
    const Money first = axis.step * steps_above(axis.lowest, axis.step.thousandths());
    for (Money value = first; value <= axis.highest; value += axis.step)
        ticks.push_back(
            {value, is_whole ? grouped(value.thousandths() / one_unit) : grouped(value)});
    return ticks;
}

std::vector<DateTick> date_ticks(std::chrono::sys_days first_day, std::size_t day_count,
                                 std::size_t most) {
    std::vector<DateTick> ticks;
    const auto [days, by_month] = finest_labelling(first_day, day_count, most);
    std::chrono::year labelled_year = std::chrono::year::min();
    for (const std::size_t index : days) {
        const std::chrono::year_month_day date{first_day +
                                               std::chrono::days{static_cast<int>(index)}};
        DateTick tick{.day_index = index,
                      .label = by_month ? short_month(date.month()) : day_and_month(date),
                      .year = {}};
        if (date.year() != labelled_year) tick.year = std::to_string(static_cast<int>(date.year()));
        labelled_year = date.year();
        ticks.push_back(std::move(tick));
    }
    return ticks;
}

} // namespace report_server
