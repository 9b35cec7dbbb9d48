#include <asyncjobs/detail/tally_book.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <string>

using namespace asyncjobs;
using namespace std::chrono_literals;
using detail::EndedAttempt;
using detail::TallyBook;

namespace {

constexpr Timestamp book_start{std::chrono::sys_days{std::chrono::year{2030} / 1 / 1} + 12h};

std::uint64_t total_of(const std::vector<Tally>& tallies) {
    std::uint64_t sum = 0;
    for (const Tally& tally : tallies) sum += tally.count;
    return sum;
}

std::vector<Tally> all_in(TallyBook& book) { return book.take(2 * TallyBook::max_tallies); }

EndedAttempt ended_at(Timestamp at = book_start) { return {.at = at, .queue = "q", .type = "t"}; }

EndedAttempt failed_with(std::string_view type, std::string_view code) {
    return {.at = book_start,
            .queue = "q",
            .type = type,
            .outcome = TallyOutcome::failed,
            .error_code = code};
}

TEST_CASE("attempts that ended alike within a minute are one tally") {
    TallyBook book;
    book.add({.at = book_start + 1s, .queue = "q", .type = "t", .waited = 3s, .ran = 20ms});
    book.add({.at = book_start + 59s, .queue = "q", .type = "t", .waited = 1h});
    const auto tallies = all_in(book);
    REQUIRE(tallies.size() == 1);
    CHECK(tallies[0].key == TallyKey{.start = book_start, .queue = "q", .type = "t"});
    CHECK(tallies[0].count == 2);
    CHECK(tallies[0].waited.sum == 1h + 3s);
    CHECK(tallies[0].ran.sum == 20ms);
    CHECK(std::accumulate(tallies[0].ran.counts.begin(), tallies[0].ran.counts.end(),
                          std::uint64_t{0}) == 1);
}

TEST_CASE("attempts of another minute, queue, type, outcome or error code are another tally") {
    TallyBook book;
    book.add(ended_at());
    book.add(ended_at(book_start + 1min));
    book.add({.at = book_start, .queue = "other queue", .type = "t"});
    book.add({.at = book_start, .queue = "q", .type = "other type"});
    book.add({.at = book_start, .queue = "q", .type = "t", .outcome = TallyOutcome::released});
    book.add(failed_with("t", "E1"));
    book.add(failed_with("t", "E2"));
    const auto tallies = all_in(book);
    CHECK(tallies.size() == 7);
    CHECK(total_of(tallies) == 7);
    CHECK(std::ranges::is_sorted(tallies, {}, &Tally::key));
}

TEST_CASE("tallies are taken once, and no more than the limit") {
    TallyBook book;
    for (int i = 0; i < 5; ++i) book.add(ended_at(book_start + i * 1min));
    CHECK(book.take(3).size() == 3);
    CHECK(book.take(3).size() == 2);
    CHECK(book.empty());
    CHECK(book.take(3).empty());
}

TEST_CASE("error codes of a type beyond the bound count as other") {
    TallyBook book;
    for (std::size_t i = 0; i < Tally::max_error_codes + 5; ++i)
        book.add(failed_with("t", "E" + std::to_string(i)));
    book.add(failed_with("t", "E0"));
    book.add(failed_with("another", "E999"));
    const auto tallies = all_in(book);
    CHECK(tallies.size() == Tally::max_error_codes + 2);
    const auto count_of = [&](std::string_view type, std::string_view code) {
        const auto found = std::ranges::find_if(tallies, [&](const Tally& tally) {
            return tally.key.type == type && tally.key.error_code == code;
        });
        return found == tallies.end() ? 0 : found->count;
    };
    CHECK(count_of("t", Tally::other) == 5);
    CHECK(count_of("t", "E0") == 2);
    CHECK(count_of("another", "E999") == 1);
}

TEST_CASE("pairs of a queue and a type beyond the bound count as other") {
    TallyBook book;
    for (std::size_t i = 0; i < Tally::max_types + 5; ++i) {
        const auto type = "t" + std::to_string(i / 2);
        book.add({.at = book_start, .queue = i % 2 ? "a" : "b", .type = type});
    }
    const auto tallies = all_in(book);
    CHECK(tallies.size() == Tally::max_types + 1);
    const auto other = std::ranges::find_if(
        tallies, [](const Tally& tally) { return tally.key.type == Tally::other; });
    REQUIRE(other != tallies.end());
    CHECK(other->key.queue == Tally::other);
    CHECK(other->count == 5);

    book.add({.at = book_start, .queue = "b", .type = "t0"});
    CHECK(all_in(book).at(0).key.type == "t0");
}

TEST_CASE("while nothing is taken, the oldest minutes become one, and no attempt is forgotten") {
    TallyBook book;
    constexpr int minutes = 3 * static_cast<int>(TallyBook::max_tallies);
    for (int i = 0; i < minutes; ++i) book.add(ended_at(book_start + i * 1min));
    const auto tallies = all_in(book);
    CHECK(tallies.size() <= TallyBook::max_tallies);
    CHECK(total_of(tallies) == minutes);
    CHECK(tallies.front().key.start == book_start);
    CHECK(tallies.back().key.start == book_start + (minutes - 1) * 1min);
}

TEST_CASE("the bounds hold for any names") {
    TallyBook book;
    std::uint64_t added = 0;
    for (int minute = 0; minute < 3; ++minute)
        for (int type = 0; type < 250; ++type)
            for (int code = 0; code < 25; ++code, ++added) {
                const auto type_name = std::to_string(type), code_name = std::to_string(code);
                auto attempt = failed_with(type_name, code_name);
                attempt.at += minute * 1min;
                book.add(attempt);
            }
    const auto tallies = all_in(book);
    CHECK(tallies.size() <= TallyBook::max_tallies);
    CHECK(total_of(tallies) == added);
}

} // namespace
