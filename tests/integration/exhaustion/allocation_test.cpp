#include "handle_request.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace asyncjobs;
using faulty_heap::Shortage;

namespace {

/// Calls `fails(kind, nth)` for each kind of request and allocation; it returns whether one has
/// failed.
void for_each_allocation(Shortage shortage,
                         const std::function<bool(const RequestKind& kind, long nth)>& fails) {
    // Early allocations were already tested by a transient shortage.
    const long all_up_to = shortage == Shortage::transient ? 300 : 30;
    for (const auto& kind : request_kinds()) {
        CAPTURE(kind.name);
        bool has_failed = true;
        for (long nth = 1; has_failed; nth += 1 + nth / all_up_to) {
            CAPTURE(nth);
            has_failed = fails(kind, nth);
            REQUIRE(nth < 1'000'000);
        }
    }
}

/// Neither the request nor any later one stays counted.
void check_responses(Shortage shortage) {
    faulty_heap::spare_this_thread();
    ServedApi place(batching_options());
    add_manual(place.api);
    for_each_allocation(shortage, [&](const RequestKind& kind, long nth) {
        auto request = neutral(kind, kind.line(place.client));
        faulty_heap::fail_at(nth, shortage);
        bool has_failed = false;
        {
            auto response = handle(place.api, std::move(request), true);
            if (const auto* stream = std::get_if<std::shared_ptr<http::BodyStream>>(&response.body))
                read_stream(*stream);
            has_failed = faulty_heap::disarm();
            if (!has_failed) CHECK(response.status < 500);
        }
        await_idle(place.api);
        return has_failed;
    });
    for (const auto& kind : request_kinds()) {
        CAPTURE(kind.name);
        CHECK(handle(place.api, neutral(kind, kind.line(place.client)), true).status < 500);
    }
}

void check_connections(Shortage shortage) {
    faulty_heap::spare_this_thread();
    ServedApi place(batching_options());
    add_manual(place.api);
    CHECK(place.ask("GET /healthz", "").status == 200);
    for_each_allocation(shortage, [&](const RequestKind& kind, long nth) {
        const auto text =
            ServedApi::request(kind.line(place.client), "ann", kind.fields, kind.body);
        std::optional<RawClient> client;
        if (shortage == Shortage::lasting) { // no connection is accepted then
            client = place.connect();
            CHECK(client->ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200);
        }
        faulty_heap::fail_at(nth, shortage);
        if (!client) client = place.connect();
        client->send(text);
        client->finish_sending(); // which ends waits
        client->receive_rest();
        client.reset();
        const bool has_failed = faulty_heap::disarm();
        await_idle(place.api);
        return has_failed;
    });
    CHECK(place.ask("GET /healthz", "").status == 200);
    for (const auto deadline = std::chrono::steady_clock::now() + patience;
         place.server.connections() > 0;) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::yield();
    }
}

} // namespace

TEST_CASE("a request gets one response and is no longer counted, whichever allocation fails") {
    check_responses(Shortage::transient);
}

TEST_CASE("a transformed result gets a response, whichever allocation fails") {
    faulty_heap::spare_this_thread();
    auto options = batching_options();
    options.api.transform_result = [](const Job&, boost::json::value& result) {
        result.as_object()["file_url"] = "/a?signature=1";
    };
    ServedApi place(options);
    const auto id = submit_note(place.client);
    place.complete(R"({"file_url":"/a","size_bytes":7})");
    bool has_failed = true;
    for (long nth = 1; has_failed; ++nth) {
        CAPTURE(nth);
        auto request = get(path_of(id));
        faulty_heap::fail_at(nth, Shortage::transient);
        const auto response = handle(place.api, std::move(request));
        has_failed = faulty_heap::disarm();
        if (!has_failed) CHECK(response.status == 200);
        await_idle(place.api);
        REQUIRE(nth < 10'000);
    }
}

TEST_CASE(
    "a request gets one response and is no longer counted, whenever memory is exhausted for good") {
    check_responses(Shortage::lasting);
}

TEST_CASE("the server continues and its connections end, whichever of its allocations fails") {
    check_connections(Shortage::transient);
}

TEST_CASE(
    "the server continues and its connections end, whenever its memory is exhausted for a while") {
    check_connections(Shortage::lasting);
}
