#include "asking.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace asyncjobs;

TEST_CASE("whichever allocation fails, a request is answered once and leaves nothing counted") {
    faulty_heap::spare_this_thread();
    ServedApi place(batching_options());
    add_manual(place.api);
    for (const auto& kind : request_kinds()) {
        CAPTURE(kind.name);
        bool has_failed = true;
        for (long nth = 1; has_failed; nth += 1 + nth / 300) {
            CAPTURE(nth);
            auto request = neutral(kind, kind.line(place.client));
            faulty_heap::fail_at(nth);
            {
                auto response = ask(place.api, std::move(request), true);
                if (const auto* stream =
                        std::get_if<std::shared_ptr<http::BodyStream>>(&response.body))
                    read_stream(*stream);
                has_failed = faulty_heap::disarm();
                if (!has_failed) CHECK(response.status < 500);
            }
            await_idle(place.api);
            REQUIRE(nth < 1'000'000);
        }
        const auto next = ask(place.api, neutral(kind, kind.line(place.client)), true);
        CHECK(next.status < 500);
    }
}

TEST_CASE("whichever allocation of the server fails, it goes on and its connections end") {
    faulty_heap::spare_this_thread();
    ServedApi place(batching_options());
    add_manual(place.api);
    CHECK(place.ask("GET /healthz", "").status == 200);
    for (const auto& kind : request_kinds()) {
        CAPTURE(kind.name);
        bool has_failed = true;
        for (long nth = 1; has_failed; nth += 1 + nth / 300) {
            CAPTURE(nth);
            const auto text =
                ServedApi::request(kind.line(place.client), "ann", kind.fields, kind.body);
            faulty_heap::fail_at(nth);
            {
                auto client = place.connect();
                client.send(text);
                client.finish_sending(); // which ends waits
                client.receive_rest();
            }
            has_failed = faulty_heap::disarm();
            await_idle(place.api);
            REQUIRE(nth < 1'000'000);
        }
        CHECK(place.ask("GET /healthz", "").status == 200);
    }
    for (const auto deadline = std::chrono::steady_clock::now() + patience;
         place.server.connections() > 0;) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::yield();
    }
}
