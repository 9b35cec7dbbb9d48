#include <asyncjobs/error.hpp>

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace asyncjobs;

namespace {

constexpr Errc all_codes[] = {
    Errc::invalid_argument, Errc::invalid_payload,   Errc::not_found,   Errc::conflict,
    Errc::store_busy,       Errc::store_unavailable, Errc::store_full,  Errc::unknown_outcome,
    Errc::store_failure,    Errc::schema_mismatch,   Errc::unsupported, Errc::overloaded,
    Errc::stopped};

TEST_CASE("every code is in at most one condition, the right one") {
    struct Row {
        Errc code;
        bool retryable, conflict, not_found, invalid;
    };
    const Row table[] = {
        {Errc::invalid_argument, false, false, false, true},
        {Errc::invalid_payload, false, false, false, true},
        {Errc::not_found, false, false, true, false},
        {Errc::conflict, false, true, false, false},
        {Errc::store_busy, true, false, false, false},
        {Errc::store_unavailable, true, false, false, false},
        {Errc::store_full, true, false, false, false},
        {Errc::unknown_outcome, true, false, false, false},
        {Errc::store_failure, false, false, false, false},
        {Errc::schema_mismatch, false, false, false, false},
        {Errc::unsupported, false, false, false, true},
        {Errc::overloaded, true, false, false, false},
        {Errc::stopped, false, false, false, false},
    };
    REQUIRE(std::size(table) == std::size(all_codes));
    for (const auto& row : table) {
        const std::error_code code = row.code;
        CAPTURE(code.message());
        CHECK((code == Condition::retryable) == row.retryable);
        CHECK((code == Condition::conflict) == row.conflict);
        CHECK((code == Condition::not_found) == row.not_found);
        CHECK((code == Condition::invalid) == row.invalid);
    }
}

TEST_CASE("every code has its own message") {
    std::set<std::string> messages;
    for (const auto code : all_codes) messages.insert(make_error_code(code).message());
    CHECK(messages.size() == std::size(all_codes));
    CHECK_FALSE(messages.contains("unknown error"));
    CHECK(std::error_code(99, error_category()).message() == "unknown error");
}

TEST_CASE("an error holds its message, with and without its code") {
    const Error error(Errc::store_busy, "jobs: locked");
    CHECK(error.message() == "jobs: locked");
    CHECK(std::string(error.what()) == "jobs: locked: " + error.code().message());
    CHECK(Error(Errc::store_busy, "").message().empty());
}

TEST_CASE("every condition has its own message") {
    std::set<std::string> messages;
    for (const auto condition :
         {Condition::retryable, Condition::conflict, Condition::not_found, Condition::invalid})
        messages.insert(make_error_condition(condition).message());
    CHECK(messages.size() == 4);
    CHECK_FALSE(messages.contains("unknown condition"));
}

TEST_CASE("the categories have distinct names") {
    CHECK(std::string(error_category().name()) == "asyncjobs");
    CHECK(std::string(condition_category().name()) == "asyncjobs.condition");
}

TEST_CASE("a code of another library is in none of the conditions") {
    const auto foreign = std::make_error_code(std::errc::resource_unavailable_try_again);
    CHECK_FALSE(foreign == Condition::retryable);
    CHECK_FALSE(std::error_code(1, std::generic_category()) == Errc::invalid_argument);
}

// The categories of a second copy of the library in the process, as in a plugin.
class CopiedConditions final : public std::error_category {
    const char* name() const noexcept override { return asyncjobs::condition_category().name(); }
    std::string message(int value) const override {
        return asyncjobs::condition_category().message(value);
    }
};

class CopiedErrors final : public std::error_category {
    const char* name() const noexcept override { return asyncjobs::error_category().name(); }
    std::string message(int value) const override {
        return asyncjobs::error_category().message(value);
    }
    std::error_condition default_error_condition(int value) const noexcept override {
        static const CopiedConditions conditions;
        return {asyncjobs::error_category().default_error_condition(value).value(), conditions};
    }
};

TEST_CASE("a code of another copy of the library is the same code, in the same conditions") {
    const CopiedErrors copy;
    for (const auto expected : all_codes) {
        const std::error_code code(static_cast<int>(expected), copy);
        CHECK(code == expected);
        CHECK(code != (expected == Errc::stopped ? Errc::not_found : Errc::stopped));
        for (const auto condition :
             {Condition::retryable, Condition::conflict, Condition::not_found, Condition::invalid})
            CHECK((code == condition) == (make_error_code(expected) == condition));
    }
}

TEST_CASE("an Error carries its code and a message for developers") {
    const Error error(Errc::store_full, "no space left for jobs.db");
    CHECK(error.code() == Errc::store_full);
    CHECK(error.code() == Condition::retryable);
    CHECK(std::string(error.what()).find("no space left for jobs.db") != std::string::npos);
    const std::system_error& base = error;
    CHECK(base.code().category() == error_category());
}

} // namespace
