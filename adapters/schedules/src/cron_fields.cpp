#include "cron_fields.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::schedules {

namespace chrono = std::chrono;

namespace {

constexpr auto not_found = std::string_view::npos;

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names = {"sun", "mon", "tue", "wed",
                                                           "thu", "fri", "sat"};

struct Macro {
    std::string_view name;
    std::string_view expression;
};
constexpr std::array<Macro, 7> macros = {{{"@yearly", "0 0 1 1 *"},
                                          {"@annually", "0 0 1 1 *"},
                                          {"@monthly", "0 0 1 * *"},
                                          {"@weekly", "0 0 * * 0"},
                                          {"@daily", "0 0 * * *"},
                                          {"@midnight", "0 0 * * *"},
                                          {"@hourly", "0 * * * *"}}};

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::vector<std::string_view> words(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    std::vector<std::string_view> found;
    for (auto begin = text.find_first_not_of(blanks); begin != not_found;
         begin = text.find_first_not_of(blanks)) {
        text.remove_prefix(begin);
        found.push_back(text.substr(0, text.find_first_of(blanks)));
        text.remove_prefix(found.back().size());
    }
    return found;
}

[[noreturn]] void refuse(std::string_view what, std::string_view value, std::string_view rule) {
    constexpr std::size_t shown = 100;
    throw Error(Errc::invalid_argument,
                fmt::format("{} is \"{}\", but {}", what,
                            detail::printable(detail::shortened(value, shown)), rule));
}

/// Parses one field into the set of values that it allows.
class FieldReader {
public:
    struct Range {
        unsigned first;
        unsigned last;
        unsigned step = 1;
    };

    FieldReader(std::string_view name, std::string_view text, unsigned low, unsigned high,
                std::span<const std::string_view> names = {})
        : name_(name), text_(text), low_(low), high_(high), names_(names) {}

    bool is_restricted() const noexcept { return text_ != "*" && text_ != "?"; }

    template <std::size_t Size>
    void read(std::bitset<Size>& set) const {
        for_each_item([&](std::string_view item) { add(range(item), set); });
    }

    template <typename Function>
    void for_each_item(Function function) const {
        for (auto rest = text_;;) {
            const auto comma = rest.find(',');
            function(rest.substr(0, comma));
            if (comma == not_found) return;
            rest.remove_prefix(comma + 1);
        }
    }

    template <std::size_t Size>
    static void add(Range range, std::bitset<Size>& set) {
        for (auto i = range.first; i <= range.last; i += range.step) set.set(i);
    }

    Range range(std::string_view item) const {
        const auto slash = item.find('/');
        const auto base = item.substr(0, slash);
        auto range = without_step(base);
        if (slash == not_found) return range;
        if (base != "*" && base != "?" && base.find('-') == not_found)
            bad("a step goes with * or with a range, as in 5-59/10");
        range.step = number(item.substr(slash + 1)).value_or(0);
        if (range.step < 1 || range.step > high_)
            bad(fmt::format("a step must be a number from 1 to {}", high_));
        return range;
    }

private:
    Range without_step(std::string_view text) const {
        if (text == "*" || text == "?") return {low_, high_};
        const auto dash = text.find('-');
        const auto first = value(text.substr(0, dash));
        if (dash == not_found) return {first, first};
        auto last = value(text.substr(dash + 1));
        if (is_weekday() && last == 0 && first > 0) last = 7;
        if (last < first) bad("a range must not end before it begins");
        return {first, last};
    }

    unsigned value(std::string_view text) const {
        const auto named = std::ranges::find(names_, lower(text));
        if (named != names_.end())
            return static_cast<unsigned>(named - names_.begin()) + (is_weekday() ? 0 : low_);
        const auto read = number(text);
        if (!read || *read < low_ || *read > high_)
            bad(fmt::format("it must be made of numbers from {} to {}{}", low_, high_,
                            names_.empty() ? "" : " or names of three letters"));
        return *read;
    }

    static std::optional<unsigned> number(std::string_view text) {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
        return value;
    }

    bool is_weekday() const noexcept { return names_.data() == weekday_names.data(); }

    [[noreturn]] void bad(std::string_view rule) const {
        refuse(fmt::format("the {} of a cron expression", name_), text_, rule);
    }

    const std::string_view name_;
    const std::string_view text_;
    const unsigned low_;
    const unsigned high_;
    const std::span<const std::string_view> names_;
};

void read_days(const FieldReader& field, CronFields& fields) {
    fields.any_day = !field.is_restricted();
    field.for_each_item([&](std::string_view item) {
        if (item == "L" || item == "l")
            fields.last_day = true;
        else
            FieldReader::add(field.range(item), fields.days);
    });
}

void read_weekdays(const FieldReader& field, CronFields& fields) {
    std::bitset<8> days;
    field.read(days);
    for (std::size_t day = 0; day < days.size(); ++day)
        if (days[day]) fields.weekdays.set(day % 7);
    fields.any_weekday = !field.is_restricted();
}

template <std::size_t Size>
std::size_t next_set(const std::bitset<Size>& set, std::size_t from) {
    while (from < Size && !set[from]) ++from;
    return from;
}

} // namespace

CronFields parse_cron(std::string_view expression) {
    auto texts = words(expression);
    if (texts.size() == 1 && texts.front().starts_with('@')) {
        const auto macro = std::ranges::find(macros, lower(texts.front()), &Macro::name);
        if (macro == macros.end())
            refuse("a cron expression", expression,
                   "a name must be one of @yearly, @annually, @monthly, @weekly, @daily, "
                   "@midnight and @hourly");
        texts = words(macro->expression);
    }
    if (texts.size() != 5 && texts.size() != 6)
        refuse("a cron expression", expression, "must have five fields, or six with a second");
    if (texts.size() == 5) texts.insert(texts.begin(), "0");

    CronFields fields;
    FieldReader("second", texts[0], 0, 59).read(fields.seconds);
    FieldReader("minute", texts[1], 0, 59).read(fields.minutes);
    FieldReader("hour", texts[2], 0, 23).read(fields.hours);
    read_days(FieldReader("day of month", texts[3], 1, 31), fields);
    FieldReader("month", texts[4], 1, 12, month_names).read(fields.months);
    read_weekdays(FieldReader("day of week", texts[5], 0, 7, weekday_names), fields);
    return fields;
}

bool CronFields::matches(chrono::year_month_day date, chrono::day last) const {
    const bool day_matches =
        days[static_cast<unsigned>(date.day())] || (last_day && date.day() == last);
    const bool weekday_matches = weekdays[chrono::weekday(chrono::local_days(date)).c_encoding()];
    return any_day || any_weekday ? day_matches && weekday_matches : day_matches || weekday_matches;
}

/// Returns the first matching time of a day at or after `from`.
std::optional<chrono::seconds> CronFields::next_time(chrono::seconds from) const {
    const chrono::hh_mm_ss start(from);
    const auto first_hour = static_cast<std::size_t>(start.hours().count());
    const auto first_minute = static_cast<std::size_t>(start.minutes().count());
    auto hour = next_set(hours, first_hour);
    auto minute = next_set(minutes, hour == first_hour ? first_minute : 0);
    const bool same_minute = hour == first_hour && minute == first_minute;
    auto second =
        next_set(seconds, same_minute ? static_cast<std::size_t>(start.seconds().count()) : 0);
    if (second == seconds.size()) {
        second = next_set(seconds, 0);
        minute = next_set(minutes, minute + 1);
    }
    if (minute >= minutes.size()) {
        second = next_set(seconds, 0);
        minute = next_set(minutes, 0);
        hour = next_set(hours, hour + 1);
    }
    if (hour >= hours.size()) return std::nullopt;
    return chrono::hours(hour) + chrono::minutes(minute) + chrono::seconds(second);
}

std::optional<LocalSeconds> CronFields::next(LocalSeconds from, LocalSeconds until) const {
    const auto today = chrono::floor<chrono::days>(from);
    const chrono::year_month_day start(today);
    auto first_day = start.day();
    for (chrono::year_month month(start.year(), start.month());
         chrono::local_days(month / 1) < until; month += chrono::months(1)) {
        const auto last = (month / chrono::last).day();
        for (auto day = first_day; months[static_cast<unsigned>(month.month())] && day <= last;
             ++day) {
            if (!matches(month / day, last)) continue;
            const chrono::local_days date(month / day);
            const auto time = next_time(date == today ? from - today : chrono::seconds(0));
            if (time) return date + *time < until ? std::optional(date + *time) : std::nullopt;
        }
        first_day = chrono::day(1);
    }
    return std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::schedules
