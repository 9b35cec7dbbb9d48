#include "thrown.hpp"

#include <asyncjobs/limits.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <utility>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// The error of validate() for a good limit after `change`.
std::string refusal_of(const std::function<void(Limit&)>& change) {
    Limit limit{.name = "mails", .concurrency = 1};
    change(limit);
    return refusal(Errc::invalid_argument, [&] { validate(limit); });
}

void make_turns(Limit& limit) {
    limit = {.name = "turns", .queue = "reports", .scope = LimitScope::owner, .round_robin = true};
}

TEST_CASE("a bad limit is refused with the member, its value and the rule") {
    const std::pair<std::function<void(Limit&)>, const char*> table[] = {
        {[](Limit& l) { l.name = ""; }, "name is \"\", but must be 1-100 characters"},
        {[](Limit& l) { l.name = "a=b"; }, "name is \"a=b\", but must be 1-100 characters"},
        {[](Limit& l) { l.name = "a@b"; }, "name is \"a@b\", but must be 1-100 characters"},
        {[](Limit& l) { l.name = std::string(101, 'n'); }, "must be 1-100 characters"},
        {[](Limit& l) { l.queue = "a b"; }, "queue is \"a b\", but must be 1-100 characters"},
        {[](Limit& l) { l.type = "a b"; }, "type is \"a b\", but must be 1-100 characters"},
        {[](Limit& l) { l.concurrency = 100'001; },
         "concurrency is 100001, but must be from 0 to 100000"},
        {[](Limit& l) { l.rate = 1'000'001; }, "rate is 1000001, but must be from 0 to 1000000"},
        {[](Limit& l) { l.burst = 0; }, "burst is 0, but must be from 1 to 1000000"},
        {[](Limit& l) { l.burst = 1'000'001; }, "burst is 1000001, but must be from 1 to 1000000"},
        {[](Limit& l) { l.period = 999us; },
         "period is 999 us, but must be from 1000 us to 31622400000000 us"},
        {[](Limit& l) { l.period = std::chrono::days{366} + 1us; }, "period is 31622400000001 us"},
        {[](Limit& l) {
             l.rate = 1001;
             l.period = 1ms;
         },
         "rate is \"1001\", but must be at most one a microsecond"},
        {[](Limit& l) { l.burst = 2; }, "burst is \"2\", but must be 1 where no rate is given"},
        {[](Limit& l) {
             l.rate = 1;
             l.period = std::chrono::days{366};
             l.burst = 101;
         },
         "burst is \"101\", but must be what the rate allows in 100 years at most"},
        {[](Limit& l) {
             make_turns(l);
             l.concurrency = 1;
         },
         "round_robin is \"true\", but must be false where a concurrency or a rate is given"},
        {[](Limit& l) {
             make_turns(l);
             l.rate = 1;
         },
         "round_robin is \"true\", but must be false where a concurrency or a rate is given"},
        {[](Limit& l) {
             make_turns(l);
             l.scope = LimitScope::limit;
         },
         "round_robin is \"true\", but needs scope = owner or key"},
        {[](Limit& l) {
             make_turns(l);
             l.queue = "";
         },
         "round_robin is \"true\", but needs a queue"},
    };
    for (const auto& [change, message] : table) CHECK(has(refusal_of(change), message));
}

TEST_CASE("the bounds of every member of a limit are allowed") {
    const Limit table[] = {
        {.name = std::string(100, 'n'), .concurrency = 100'000},
        {.name = "n", .queue = "q", .type = "t", .scope = LimitScope::key, .concurrency = 1},
        {.name = "n", .rate = 1'000'000, .period = 1s, .burst = 1'000'000},
        {.name = "n", .rate = 1000, .period = 1ms},
        {.name = "n", .rate = 1, .period = std::chrono::days{366}, .burst = 99},
        {.name = "n", .queue = "q", .scope = LimitScope::owner, .round_robin = true},
        {.name = "n", .queue = "q", .scope = LimitScope::key, .round_robin = true},
        {.name = "n"},
    };
    for (const Limit& limit : table) CHECK_NOTHROW(validate(limit));
}

TEST_CASE("a limit without a constraint does not limit") {
    CHECK(!is_limiting({.name = "n"}));
    CHECK(!is_limiting({.name = "n", .queue = "q", .type = "t", .scope = LimitScope::owner}));
    CHECK(is_limiting({.name = "n", .concurrency = 1}));
    CHECK(is_limiting({.name = "n", .rate = 1}));
    CHECK(is_limiting({.name = "n", .round_robin = true}));
}

} // namespace
