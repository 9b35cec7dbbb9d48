#include "../../thrown.hpp"
#include "times.hpp"

#include <asyncjobs/schedules/cron.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace asyncjobs;

namespace {

/// The next `count` slots after `start`, as RFC 3339.
Texts slots(const Cron& cron, std::string_view start, std::size_t count) {
    Texts found;
    auto time = at(start);
    while (found.size() < count) {
        const auto next = cron.next_after(time);
        if (!next) break;
        found.push_back(to_rfc3339(*next));
        time = *next;
    }
    return found;
}

std::string slot(std::string_view expression, std::string_view start,
                 std::string_view zone = "UTC") {
    const auto found = Cron(expression, zone).next_after(at(start));
    return found ? to_rfc3339(*found) : "none";
}

bool refuses(std::string_view expression, const std::string& part) {
    return has(refusal(Errc::invalid_argument, [&] { Cron{expression}; }), part);
}

TEST_CASE("five fields are minute, hour, day of month, month and day of week") {
    CHECK(slot("30 9 5 7 *", "2024-01-01T00:00:00Z") == "2024-07-05T09:30:00Z");
    CHECK(slot("30 9 * * 3", "2024-01-01T00:00:00Z") == "2024-01-03T09:30:00Z");
}

TEST_CASE("six fields have a second before them") {
    CHECK(slot("15 30 9 5 7 *", "2024-01-01T00:00:00Z") == "2024-07-05T09:30:15Z");
    CHECK(slots(Cron("*/20 * * * * *"), "2024-01-01T00:00:00Z", 3) ==
          Texts{"2024-01-01T00:00:20Z", "2024-01-01T00:00:40Z", "2024-01-01T00:01:00Z"});
}

TEST_CASE("the next slot is at least a microsecond after the given time") {
    CHECK(slot("0 3 * * *", "2024-01-01T03:00:00Z") == "2024-01-02T03:00:00Z");
    CHECK(slot("0 3 * * *", "2024-01-01T02:59:59.999999Z") == "2024-01-01T03:00:00Z");
    CHECK(slot("0 3 * * *", "2024-01-01T03:00:00.000001Z") == "2024-01-02T03:00:00Z");
}

TEST_CASE("a time is shown in the zone of its expression, with the offset of that day") {
    const auto local = [](std::string_view time, std::string_view zone) {
        return Cron("0 3 * * *", zone).to_local_rfc3339(at(time));
    };
    CHECK(local("2024-01-01T02:00:00Z", "Europe/Berlin") == "2024-01-01T03:00:00+01:00");
    CHECK(local("2024-07-01T02:00:00Z", "Europe/Berlin") == "2024-07-01T04:00:00+02:00");
    CHECK(local("2024-01-01T02:00:00Z", "America/St_Johns") == "2023-12-31T22:30:00-03:30");
    CHECK(local("2024-01-01T02:00:00.5Z", "UTC") == "2024-01-01T02:00:00.500000+00:00");
}

TEST_CASE("a field may list values, ranges and steps") {
    CHECK(slots(Cron("5,40-42 8 1 1 *"), "2024-01-01T00:00:00Z", 5) ==
          Texts{"2024-01-01T08:05:00Z", "2024-01-01T08:40:00Z", "2024-01-01T08:41:00Z",
                "2024-01-01T08:42:00Z", "2025-01-01T08:05:00Z"});
    CHECK(slots(Cron("10-40/10 0 * * *"), "2024-01-01T00:00:00Z", 5) ==
          Texts{"2024-01-01T00:10:00Z", "2024-01-01T00:20:00Z", "2024-01-01T00:30:00Z",
                "2024-01-01T00:40:00Z", "2024-01-02T00:10:00Z"});
    CHECK(slots(Cron("0 */9 * * *"), "2024-01-01T00:00:00Z", 3) ==
          Texts{"2024-01-01T09:00:00Z", "2024-01-01T18:00:00Z", "2024-01-02T00:00:00Z"});
}

TEST_CASE("months and days of the week have names, in any case") {
    CHECK(slot("0 0 1 mar *", "2024-01-01T00:00:00Z") == "2024-03-01T00:00:00Z");
    CHECK(slot("0 0 * * Fri", "2024-01-01T00:00:00Z") == "2024-01-05T00:00:00Z");
    CHECK(slots(Cron("0 0 * JAN-FEB MON,WED"), "2024-01-29T00:00:00Z", 2) ==
          Texts{"2024-01-31T00:00:00Z", "2024-02-05T00:00:00Z"});
}

TEST_CASE("Sunday is 0 and 7, and a range may end with it") {
    const Texts sundays = {"2024-01-07T00:00:00Z", "2024-01-14T00:00:00Z"};
    CHECK(slots(Cron("0 0 * * 0"), "2024-01-01T00:00:00Z", 2) == sundays);
    CHECK(slots(Cron("0 0 * * 7"), "2024-01-01T00:00:00Z", 2) == sundays);
    CHECK(slots(Cron("0 0 * * SUN-SUN"), "2024-01-01T00:00:00Z", 2) == sundays);
    const Texts weekend = {"2024-01-06T00:00:00Z", "2024-01-07T00:00:00Z", "2024-01-13T00:00:00Z"};
    CHECK(slots(Cron("0 0 * * SAT-SUN"), "2024-01-01T00:00:00Z", 3) == weekend);
    CHECK(slots(Cron("0 0 * * 6-7"), "2024-01-01T00:00:00Z", 3) == weekend);
}

TEST_CASE("if both day fields are restricted, a day matches if it matches either") {
    CHECK(slots(Cron("0 0 13 * FRI"), "2024-01-01T00:00:00Z", 4) ==
          Texts{"2024-01-05T00:00:00Z", "2024-01-12T00:00:00Z", "2024-01-13T00:00:00Z",
                "2024-01-19T00:00:00Z"});
    CHECK(slot("0 0 13 * ?", "2024-01-01T00:00:00Z") == "2024-01-13T00:00:00Z");
    CHECK(slot("0 0 ? * FRI", "2024-01-01T00:00:00Z") == "2024-01-05T00:00:00Z");
    CHECK(slot("0 0 */31 * FRI", "2024-01-01T00:00:00Z") == "2024-01-05T00:00:00Z");
}

TEST_CASE("L is the last day of the month") {
    CHECK(slots(Cron("0 0 L * *"), "2024-01-01T00:00:00Z", 4) ==
          Texts{"2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z",
                "2024-04-30T00:00:00Z"});
    CHECK(slots(Cron("0 0 15,l 2 *"), "2023-01-01T00:00:00Z", 2) ==
          Texts{"2023-02-15T00:00:00Z", "2023-02-28T00:00:00Z"});
}

TEST_CASE("macros stand for the usual expressions") {
    const auto start = "2024-02-14T10:20:30Z"; // a Wednesday
    CHECK(slot("@yearly", start) == "2025-01-01T00:00:00Z");
    CHECK(slot("@annually", start) == "2025-01-01T00:00:00Z");
    CHECK(slot("@monthly", start) == "2024-03-01T00:00:00Z");
    CHECK(slot("@weekly", start) == "2024-02-18T00:00:00Z");
    CHECK(slot("@daily", start) == "2024-02-15T00:00:00Z");
    CHECK(slot("@Midnight", start) == "2024-02-15T00:00:00Z");
    CHECK(slot("@hourly", start) == "2024-02-14T11:00:00Z");
}

TEST_CASE("a schedule for 29 February fires in the next leap year, however far that is") {
    CHECK(slot("0 0 29 2 *", "2024-02-29T00:00:00Z") == "2028-02-29T00:00:00Z");
    CHECK(slot("0 0 29 2 *", "2096-02-29T00:00:00Z") == "2104-02-29T00:00:00Z");
}

TEST_CASE("an expression may have no slot") {
    CHECK(slot("0 0 30 2 *", "2024-01-01T00:00:00Z") == "none");
    CHECK(slot("0 0 31 4,6,9,11 *", "2024-01-01T00:00:00Z", "Europe/Berlin") == "none");
    CHECK(slot("@yearly", "9999-01-01T00:00:00Z") == "none");
    CHECK(slot("0 0 30 2 MON", "2024-01-01T00:00:00Z") == "2024-02-05T00:00:00Z");
}

TEST_CASE("a time before 1970 counts as the start of 1970, and one after 9999 has no slot") {
    CHECK(slot("@yearly", "1066-10-14T09:00:00Z") == "1970-01-01T00:00:00Z");
    CHECK_FALSE(Cron("* * * * *").next_after(Timestamp::max()));
    CHECK(Cron("@hourly").next_after(Timestamp::min()) == at("1970-01-01T00:00:00Z"));
}

TEST_CASE("slots are those of the zone's clocks") {
    CHECK(slot("0 3 * * *", "2024-01-15T12:00:00Z", "Europe/Berlin") == "2024-01-16T02:00:00Z");
    CHECK(slot("0 3 * * *", "2024-07-15T12:00:00Z", "Europe/Berlin") == "2024-07-16T01:00:00Z");
    CHECK(slot("0 3 * * *", "2024-01-15T12:00:00Z", "Asia/Kathmandu") == "2024-01-15T21:15:00Z");
    CHECK(slot("0 0 1 1 *", "2024-07-15T12:00:00Z", "America/New_York") == "2025-01-01T05:00:00Z");
}

// Berlin: on 2024-03-31 at 01:00 UTC, clocks go from 02:00 to 03:00.
TEST_CASE("a slot that does not exist fires at the first instant after the gap") {
    CHECK(slots(Cron("30 2 * * *", "Europe/Berlin"), "2024-03-30T00:00:00Z", 3) ==
          Texts{"2024-03-30T01:30:00Z", "2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z"});
}

TEST_CASE("slots in one gap fire together, and with the slot at its end") {
    CHECK(slots(Cron("*/20 2 * * *", "Europe/Berlin"), "2024-03-31T00:00:00Z", 2) ==
          Texts{"2024-03-31T01:00:00Z", "2024-04-01T00:00:00Z"});
    CHECK(slots(Cron("30 2,3 * * *", "Europe/Berlin"), "2024-03-31T00:00:00Z", 2) ==
          Texts{"2024-03-31T01:00:00Z", "2024-03-31T01:30:00Z"});
    CHECK(slots(Cron("0 2,3 * * *", "Europe/Berlin"), "2024-03-31T00:00:00Z", 2) ==
          Texts{"2024-03-31T01:00:00Z", "2024-04-01T00:00:00Z"});
}

// Berlin: on 2024-10-27 at 01:00 UTC, clocks go from 03:00 to 02:00.
TEST_CASE("a slot that exists twice fires the first time") {
    CHECK(slots(Cron("30 2 * * *", "Europe/Berlin"), "2024-10-26T00:00:00Z", 3) ==
          Texts{"2024-10-26T00:30:00Z", "2024-10-27T00:30:00Z", "2024-10-28T01:30:00Z"});
    CHECK(slots(Cron("0 0-3 * * *", "Europe/Berlin"), "2024-10-26T22:30:00Z", 4) ==
          Texts{"2024-10-26T23:00:00Z", "2024-10-27T00:00:00Z", "2024-10-27T02:00:00Z",
                "2024-10-27T23:00:00Z"});
}

TEST_CASE("an expression that allows every hour fires both times where the hour exists twice") {
    CHECK(slots(Cron("*/30 * * * *", "Europe/Berlin"), "2024-10-27T00:00:00Z", 4) ==
          Texts{"2024-10-27T00:30:00Z", "2024-10-27T01:00:00Z", "2024-10-27T01:30:00Z",
                "2024-10-27T02:00:00Z"});
    CHECK(slots(Cron("15 0-23 * * *", "Europe/Berlin"), "2024-10-27T00:00:00Z", 3) ==
          Texts{"2024-10-27T00:15:00Z", "2024-10-27T01:15:00Z", "2024-10-27T02:15:00Z"});
}

TEST_CASE("an expression that allows every hour skips the slots of a gap") {
    CHECK(slots(Cron("30 * * * *", "Europe/Berlin"), "2024-03-31T00:00:00Z", 2) ==
          Texts{"2024-03-31T00:30:00Z", "2024-03-31T01:30:00Z"});
}

// Lord Howe: half an hour; on 2024-04-06 at 15:00 UTC back from 02:00 to 01:30, and on 2024-10-05
// at 15:30 UTC on from 02:00 to 02:30.
TEST_CASE("clocks may change by half an hour") {
    CHECK(slots(Cron("45 1 * * *", "Australia/Lord_Howe"), "2024-04-06T00:00:00Z", 2) ==
          Texts{"2024-04-06T14:45:00Z", "2024-04-07T15:15:00Z"});
    CHECK(slots(Cron("15 2 * * *", "Australia/Lord_Howe"), "2024-10-05T00:00:00Z", 2) ==
          Texts{"2024-10-05T15:30:00Z", "2024-10-06T15:15:00Z"});
}

// Havana: on 2024-03-10 at 05:00 UTC, clocks go from 00:00 to 01:00.
TEST_CASE("midnight may not exist") {
    CHECK(slots(Cron("@daily", "America/Havana"), "2024-03-09T12:00:00Z", 2) ==
          Texts{"2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z"});
}

// Apia had no 30 December 2011, a Friday: at 10:00 UTC on it, clocks went from -10 h to +14 h.
TEST_CASE("a whole day may not exist") {
    CHECK(slots(Cron("0 9 * * FRI", "Pacific/Apia"), "2011-12-25T00:00:00Z", 2) ==
          Texts{"2011-12-30T10:00:00Z", "2012-01-05T19:00:00Z"});
}

TEST_CASE("the refusal of a bad field names it, its value and the rule") {
    CHECK(refuses("60 * * * *", "the minute of a cron expression is \"60\", but it must be made of "
                                "numbers from 0 to 59"));
    CHECK(refuses("0 24 * * *", "the hour of a cron expression is \"24\""));
    CHECK(refuses("0 0 0 * *", "the day of month of a cron expression is \"0\""));
    CHECK(refuses("0 0 32 * *", "numbers from 1 to 31"));
    CHECK(refuses("0 0 1 13 *", "the month of a cron expression is \"13\""));
    CHECK(refuses("0 0 1 JUNE *", "numbers from 1 to 12 or names of three letters"));
    CHECK(refuses("0 0 * * 8", "the day of week of a cron expression is \"8\""));
    CHECK(refuses("61 0 0 * * *", "the second of a cron expression is \"61\""));
    CHECK(refuses("1,,2 * * * *", "the minute of a cron expression is \"1,,2\""));
    CHECK(refuses("-1 * * * *", "the minute"));
    CHECK(refuses("1- * * * *", "the minute"));
    CHECK(refuses("+1 * * * *", "the minute"));
    CHECK(refuses("4294967297 * * * *", "the minute"));
    CHECK(refuses("0 L * * *", "the hour"));
}

TEST_CASE("a range that ends before it begins is refused") {
    CHECK(refuses("0 20-4 * * *", "\"20-4\", but a range must not end before it begins"));
    CHECK(refuses("0 0 * * WED-MON", "must not end before it begins"));
}

TEST_CASE("a step must fit its field, and goes with * or a range") {
    CHECK(refuses("*/0 * * * *", "a step must be a number from 1 to 59"));
    CHECK(refuses("*/60 * * * *", "a step must be a number from 1 to 59"));
    CHECK(refuses("*/x * * * *", "a step must be a number from 1 to 59"));
    CHECK(refuses("5/10 * * * *", "a step goes with * or with a range"));
}

TEST_CASE("an expression has five fields or six, or is a macro") {
    CHECK(refuses("", "must have five fields, or six with a second"));
    CHECK(refuses("* * * *", "must have five fields"));
    CHECK(refuses("* * * * * * *", "must have five fields"));
    CHECK(refuses("@reboot", "must be one of @yearly"));
    CHECK(slot(" \t0  3 * *\t* ", "2024-01-01T00:00:00Z") == "2024-01-01T03:00:00Z");
}

TEST_CASE("a refusal shows the printable part of a text") {
    CHECK(refuses("a\nb * * * *", "\"a?b\""));
    CHECK(refuses(std::string(5000, 'x'), std::string(100, 'x') + "\""));
}

TEST_CASE("the refusal of an unknown zone names it") {
    const auto message =
        refusal(Errc::invalid_argument, [] { Cron("0 3 * * *", "Europe/Atlantis"); });
    CHECK(has(message, "zone"));
    CHECK(has(message, "Europe/Atlantis"));
    CHECK(has(refusal(Errc::invalid_argument, [] { Cron("0 3 * * *", ""); }), "zone"));
}

TEST_CASE("a cron is a value, equal to one with the same expression and zone") {
    const Cron cron("0 3 * * *", "Europe/Berlin");
    CHECK(cron.expression() == "0 3 * * *");
    CHECK(cron.zone() == "Europe/Berlin");
    const auto copy = cron;
    CHECK(copy == cron);
    CHECK(Cron("0 3 * * *", "Europe/Berlin") == cron);
    CHECK_FALSE(Cron("0 3 * * *") == cron);
    CHECK_FALSE(Cron("0 4 * * *", "Europe/Berlin") == cron);
}

} // namespace
