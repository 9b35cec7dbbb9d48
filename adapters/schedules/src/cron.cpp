#include <asyncjobs/schedules/cron.hpp>

#include "cron_fields.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/error.hpp>

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>

namespace asyncjobs::inline ASYNCJOBS_ABI {

namespace {

using namespace std::chrono;
using schedules::LocalSeconds;

constexpr sys_seconds first_second{sys_days{year{1970} / 1 / 1}};
constexpr sys_seconds end_of_time{sys_days{year{10000} / 1 / 1}};

/// A period without a change of the clock.
struct Span {
    sys_seconds begin;
    sys_seconds end;
    seconds offset; ///< of local time from UTC

    LocalSeconds local(sys_seconds time) const noexcept {
        return LocalSeconds(time.time_since_epoch() + offset);
    }
    sys_seconds utc(LocalSeconds time) const noexcept {
        return sys_seconds(time.time_since_epoch() - offset);
    }
};

/// Null for UTC, which needs no database.
const date::time_zone* find_zone(std::string_view name) {
    if (name == "UTC") return nullptr;
    try {
        // A static of ours: a thread sanitizer does not see the library's own guard.
        [[maybe_unused]] static const date::tzdb& zones = date::get_tzdb();
        return date::locate_zone(name);
    } catch (const std::exception&) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the zone of a cron expression is \"{}\", but must be UTC or a "
                                "time zone of this system, such as Europe/Berlin",
                                detail::printable(detail::shortened(name, 100))));
    }
}

Span span_at(const date::time_zone* zone, sys_seconds time) {
    if (!zone) return {sys_seconds::min(), sys_seconds::max(), seconds(0)};
    const auto info = zone->get_info(time);
    return {info.begin, info.end, info.offset};
}

} // namespace

struct Cron::Rules {
    Rules(std::string_view text, std::string_view zone)
        : expression(text), zone_name(zone), fields(schedules::parse_cron(text)),
          time_zone(find_zone(zone)) {}

    /// Returns the first firing in [from, span.end); `from` must lie in `span`.
    std::optional<sys_seconds> next_in(const Span& span, sys_seconds from) const {
        const bool begins = span.begin > first_second;
        const auto before = begins ? span_at(time_zone, span.begin - seconds(1)) : span;
        // The local time at the change, by the old offset and by the new one.
        const auto old_local = before.local(span.begin), new_local = span.local(span.begin);
        auto local = span.local(from);
        if (begins && !fields.hours.all()) {
            if (from == span.begin && fields.next(old_local, new_local)) return span.begin;
            local = std::max(local, old_local);
        }
        const auto found = fields.next(local, span.local(span.end));
        return found ? std::optional(span.utc(*found)) : std::nullopt;
    }

    const std::string expression;
    const std::string zone_name;
    const schedules::CronFields fields;
    const date::time_zone* const time_zone;
};

Cron::Cron(std::string_view expression, std::string_view zone)
    : rules_(std::make_shared<const Rules>(expression, zone)) {}

const std::string& Cron::expression() const noexcept { return rules_->expression; }
const std::string& Cron::zone() const noexcept { return rules_->zone_name; }

std::optional<Timestamp> Cron::next_after(Timestamp time) const {
    // The rarest slot is 29 February: around 2100, none exists for eight years.
    constexpr auto patience = days(366 * 9);
    const auto start = std::max(floor<seconds>(time) + seconds(1), first_second);
    const auto end = std::min(start + patience, end_of_time);
    for (auto from = start; from < end;) {
        auto span = span_at(rules_->time_zone, from);
        span.end = std::min(span.end, end);
        if (const auto found = rules_->next_in(span, from)) return *found;
        from = span.end;
    }
    return std::nullopt;
}

std::string Cron::to_local_rfc3339(Timestamp time) const {
    const auto offset = span_at(rules_->time_zone, floor<seconds>(time)).offset;
    auto text = to_rfc3339(time + offset);
    text.pop_back(); // Z
    const auto length = floor<minutes>(abs(offset)).count();
    return fmt::format("{}{}{:02}:{:02}", text, offset < seconds(0) ? '-' : '+', length / 60,
                       length % 60);
}

bool operator==(const Cron& one, const Cron& other) noexcept {
    return one.rules_ == other.rules_ ||
           (one.expression() == other.expression() && one.zone() == other.zone());
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI
