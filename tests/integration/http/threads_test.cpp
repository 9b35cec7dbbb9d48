#include "served_api.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// An API that has no threads, asked without a server.
struct Place {
    MemoryJobStore store;
    Client client{store};
    http::JobApi api{client, {.allow_anonymous = true, .threads = 0}};

    Place() { api.submit_route("/notes", http::UntypedSubmitRoute{.type = "note"}); }

    static http::Request post_note() {
        return {.method = "POST",
                .target = "/v1/notes",
                .headers = {{"Content-Type", "application/json"}},
                .body = "1"};
    }
};

} // namespace

TEST_CASE("an API without threads answers on the thread that calls it") {
    Place place;
    std::vector<unsigned> answers;
    const auto caller = std::this_thread::get_id();
    const auto keep = [&](const http::Response& response) {
        CHECK(std::this_thread::get_id() == caller);
        answers.push_back(response.status);
    };
    const auto id = place.client.submit(NewJob{.type = "note"}).id;
    place.api.handle({.method = "GET", .target = path_of(id)}, keep);
    place.api.handle(Place::post_note(), keep);
    place.api.handle({.method = "GET", .target = "/v1/nothing"}, keep);
    CHECK(answers == std::vector{200U, 202U, 404U});
}

TEST_CASE("a request that waits gets its answer without threads, too") {
    Place place;
    auto request = Place::post_note();
    request.headers.add("Prefer", "wait=60");
    std::promise<http::Response> promise;
    place.api.handle(request, [&](http::Response response) { promise.set_value(response); });
    const std::string queue = "default";
    const auto claimed =
        place.store.claim({.worker = "w", .queues = std::span(&queue, 1), .limit = 1}).claimed;
    REQUIRE(claimed.size() == 1);
    const auto settlement = Settlement::completed(claimed.front().lease, JsonText::parse("7"));
    place.store.settle(std::span(&settlement, 1));
    const auto response = promise.get_future().get();
    CHECK(response.status == 202);
    CHECK(std::get<std::string>(response.body).find("\"result\":7") != std::string::npos);
}
