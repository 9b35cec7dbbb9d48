#include <asyncjobs/job_id.hpp>

#include <doctest/doctest.h>

#include <string>
#include <unordered_set>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp noon{std::chrono::sys_days{std::chrono::year{2025} / 1 / 8} + 12h};

TEST_CASE("an id is job-, the UTC date, and 26 base32 characters") {
    const auto id = JobId::make(noon, 0, 0);
    CHECK(id.text().substr(0, 13) == "job-20250108-");
    CHECK(id.text().size() == JobId::length);
    CHECK(id.text().substr(13).find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz") ==
          std::string_view::npos);
}

TEST_CASE("the time of day comes first in the code, in microseconds") {
    CHECK(JobId::make(noon - 12h, 0, 0).text() == "job-20250108-00000000000000000000000000");
    CHECK(JobId::make(noon - 12h + 33us, 0, 0).text() == "job-20250108-00000011000000000000000000");
}

TEST_CASE("30 high and 60 low random bits are in the code") {
    CHECK(JobId::make(noon - 12h, 1, 1).text() == "job-20250108-00000000000001000000000001");
    CHECK(JobId::make(noon - 12h, ~0ull, ~0ull).text() ==
          "job-20250108-00000000zzzzzzzzzzzzzzzzzz");
}

TEST_CASE("ids sort by age, whatever their random bits") {
    CHECK(JobId::make(noon, ~0ull, ~0ull) < JobId::make(noon + 1us, 0, 0));
    CHECK(JobId::make(noon, ~0ull, ~0ull) < JobId::make(noon + 24h, 0, 0));
    CHECK(JobId::make(noon + 11h, 0, 0) < JobId::make(noon + 13h, 0, 0));
}

TEST_CASE("an id is well-formed at any clock time") {
    for (const auto day : {std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1},
                           std::chrono::sys_days{std::chrono::year{1969} / 12 / 31},
                           std::chrono::sys_days{std::chrono::year{-1} / 1 / 1}}) {
        const auto id = JobId::make(Timestamp{day} - 1us, 1, 2);
        CHECK(JobId::parse(id.text()) == id);
    }
}

TEST_CASE("the text of an id parses to the same id") {
    const auto id = JobId::make(noon, 0x123456789, 0xABCDEF);
    CHECK(JobId::parse(id.text()) == id);
}

TEST_CASE("a text not in canonical form is no id") {
    const std::string good(JobId::make(noon, 1, 2).text());
    REQUIRE(JobId::parse(good));
    const auto with = [&](std::size_t place, char character) {
        auto text = good;
        text[place] = character;
        return text;
    };
    const std::string bad[] = {"",
                               "job-",
                               good + "0",
                               good.substr(0, good.size() - 1),
                               " " + good.substr(1),
                               with(0, 'J'),
                               with(4, 'x'),
                               with(11, '/'),
                               with(12, '_'),
                               with(13, 'A'),
                               with(20, 'i'),
                               with(20, 'l'),
                               with(20, 'o'),
                               with(38, 'u'),
                               with(38, '\0')};
    for (const auto& text : bad) {
        CAPTURE(text);
        CHECK_FALSE(JobId::parse(text));
    }
}

TEST_CASE("the null id differs from every job's id") {
    CHECK_FALSE(JobId::parse(JobId().text()));
    CHECK(JobId() == JobId());
    CHECK(JobId() != JobId::make(noon, 0, 0));
}

TEST_CASE("equal ids have equal hashes, others differ") {
    const auto id = JobId::make(noon, 1, 2);
    const std::unordered_set<JobId> ids = {id, JobId::make(noon, 1, 3), *JobId::parse(id.text())};
    CHECK(ids.size() == 2);
}

} // namespace
