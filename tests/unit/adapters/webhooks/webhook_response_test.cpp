#include "webhook_response.hpp"

#include <asyncjobs/webhooks/webhooks.hpp>

#include <doctest/doctest.h>

namespace {

using namespace asyncjobs;
using namespace asyncjobs::webhooks;
using namespace std::chrono_literals;

Reception of(unsigned status) { return reception_of({.status = status}); }

} // namespace

TEST_CASE("only 2xx is success, and a redirect is a refusal") {
    for (const unsigned status : {200u, 201u, 202u, 204u, 299u})
        CHECK(of(status) == Reception::taken);
    for (const unsigned status :
         {300u, 301u, 302u, 304u, 307u, 308u, 400u, 401u, 404u, 409u, 500u, 502u, 504u, 0u, 999u})
        CHECK(of(status) == Reception::refused);
}

TEST_CASE("429 and 503 are busy, and 410 is gone") {
    CHECK(of(429) == Reception::busy);
    CHECK(of(503) == Reception::busy);
    CHECK(of(410) == Reception::gone);
}

TEST_CASE("Retry-After is seconds or a date, at most a day") {
    const Timestamp now = std::chrono::sys_days{std::chrono::year{2025} / 1 / 8} + 12h;
    CHECK(wait_asked_for("0", now) == 0s);
    CHECK(wait_asked_for("120", now) == 120s);
    CHECK(wait_asked_for("86400", now) == 24h);
    CHECK(wait_asked_for("86401", now) == 24h);
    CHECK(wait_asked_for("99999999999999999999999999", now) == 24h);
    CHECK(wait_asked_for("Wed, 08 Jan 2025 12:02:00 GMT", now) == 2min);
    CHECK(wait_asked_for("Wed, 08 Jan 2025 11:00:00 GMT", now) == 0s);
    CHECK(wait_asked_for("Wed, 08 Jan 2031 11:00:00 GMT", now) == 24h);
    for (const char* text : {"", "soon", "-5", "1.5", "12 ", " 12", "0x10"}) {
        CAPTURE(text);
        CHECK(wait_asked_for(text, now) == 0s);
    }
}

TEST_CASE("ten attempts span more than three days") {
    const auto delays = WebhookOptions().retry_delays;
    CHECK(delays == std::vector<Duration>{5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h});
    for (int attempt = 1; attempt <= 9; ++attempt)
        CHECK(delay_after(delays, attempt, 0) == delays[static_cast<std::size_t>(attempt) - 1]);
    CHECK(delay_after(delays, 10, 0) == 24h);
}

TEST_CASE("a delay is reduced by a random part of up to a fifth") {
    CHECK(delay_after({10s, 20s}, 1, 0.5) == 9s);
    CHECK(delay_after({10s, 20s}, 2, 0.5) == 18s);
    CHECK(delay_after({10s}, 1, 0.999) > 8s);
}
