#include "served_api.hpp"

#include <asyncjobs/store/forwarding_job_store.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// An API without threads and without a server.
struct Place {
    MemoryJobStore store;
    Client client{store};
    http::JobApi api{client, {.allow_anonymous = true, .threads = 0}};

    Place() { api.submit_route("/notes", http::SubmitRoute<>{.job = {.type = "note"}}); }

    static http::Request post_note() {
        return {.method = "POST",
                .target = "/v1/notes",
                .headers = {{"Content-Type", "application/json"}},
                .body = "1"};
    }
};

using Thread = std::thread::id;

/// The threads that call a request's authenticator and handler.
struct Callers {
    Thread authenticator, handler;
};

/// The threads of `GET /route`, requested by this thread.
Callers callers_of_route(bool authenticator_blocks, bool handler_blocks) {
    Callers callers;
    MemoryJobStore store;
    Client client(store);
    http::JobApi api(client, {.authenticator =
                                  [&](const http::Request&) {
                                      callers.authenticator = std::this_thread::get_id();
                                      return http::Principal{.owner = "ada"};
                                  },
                              .authenticator_blocks = authenticator_blocks});
    api.route("GET", "/route",
              [&](const http::Call&) {
                  callers.handler = std::this_thread::get_id();
                  return http::Response{};
              },
              {.blocks = handler_blocks});
    std::promise<http::Response> promise;
    api.handle({.method = "GET", .target = "/v1/route"},
               [&](http::Response response) { promise.set_value(std::move(response)); });
    CHECK(promise.get_future().get().status == 200);
    return callers;
}

} // namespace

TEST_CASE("blocking functions run on the API's threads, others on the calling thread") {
    const auto me = std::this_thread::get_id();
    auto callers = callers_of_route(false, false);
    CHECK(callers.authenticator == me);
    CHECK(callers.handler == me);
    callers = callers_of_route(false, true);
    CHECK(callers.handler != me);
    callers = callers_of_route(true, false);
    CHECK(callers.authenticator != me);
}

TEST_CASE("the API's threads read a status from the store") {
    struct Store final : ForwardingJobStore {
        using ForwardingJobStore::ForwardingJobStore;
        std::vector<std::optional<Job>> find(std::span<const JobId> ids) override {
            reader = std::this_thread::get_id();
            return ForwardingJobStore::find(ids);
        }
        Thread reader;
    };
    MemoryJobStore jobs;
    Store store(jobs);
    Client client(store);
    http::JobApi api(client, {.allow_anonymous = true});
    const auto id = client.submit(NewJob{.type = "note"}).id;
    std::promise<http::Response> promise;
    api.handle({.method = "GET", .target = path_of(id)},
               [&](http::Response response) { promise.set_value(std::move(response)); });
    CHECK(promise.get_future().get().status == 200);
    CHECK(store.reader != Thread());
    CHECK(store.reader != std::this_thread::get_id());
}

/// Whose first find() hangs until `may_continue` is set.
struct HangingStore final : ForwardingJobStore {
    using ForwardingJobStore::ForwardingJobStore;
    std::vector<std::optional<Job>> find(std::span<const JobId> ids) override {
        if (!std::exchange(hung, true)) {
            called.set_value();
            may_continue.get_future().wait();
        }
        most = std::max(most, ids.size());
        return ForwardingJobStore::find(ids);
    }
    bool hung = false;
    std::size_t most = 0; ///< jobs of one call
    std::promise<void> called, may_continue;
};

TEST_CASE("requests for a hanging store are queued, and one over the limit is refused at once") {
    MemoryJobStore jobs;
    HangingStore store(jobs);
    Client client(store);
    std::array<std::promise<unsigned>, 3> promises;
    http::JobApi api(client, {.allow_anonymous = true, .threads = 1, .queue_limit = 1});
    const auto id = client.submit(NewJob{.type = "note"}).id;
    const auto ask = [&](std::promise<unsigned>& promise) {
        api.handle({.method = "GET", .target = path_of(id)},
                   [&](const http::Response& response) { promise.set_value(response.status); });
    };
    ask(promises[0]);
    store.called.get_future().wait();
    for (auto* promise : {&promises[1], &promises[2]}) ask(*promise);
    CHECK(promises[2].get_future().get() == 503);
    store.may_continue.set_value();
    for (auto* promise : {&promises[0], &promises[1]}) CHECK(promise->get_future().get() == 200);
}

TEST_CASE("one store call reads at most 32 whole jobs") {
    MemoryJobStore jobs;
    HangingStore store(jobs);
    Client client(store);
    std::array<std::promise<unsigned>, 100> promises;
    http::JobApi api(client, {.allow_anonymous = true, .threads = 1});
    const auto id = client.submit(NewJob{.type = "note"}).id;
    const auto ask = [&](std::promise<unsigned>& promise) {
        api.handle({.method = "GET", .target = path_of(id)},
                   [&](const http::Response& response) { promise.set_value(response.status); });
    };
    ask(promises[0]);
    store.called.get_future().wait();
    for (std::size_t i = 1; i < promises.size(); ++i) ask(promises[i]);
    store.may_continue.set_value();
    for (auto& promise : promises) CHECK(promise.get_future().get() == 200);
    CHECK(store.most == 32);
}

TEST_CASE("a missing job does not delay lookups of other jobs") {
    struct Store final : ForwardingJobStore {
        using ForwardingJobStore::ForwardingJobStore;
        std::optional<std::string> tombstone_owner(const JobId& id) override {
            called.set_value();
            may_continue.get_future().wait();
            return ForwardingJobStore::tombstone_owner(id);
        }
        std::promise<void> called, may_continue;
    };
    MemoryJobStore jobs;
    Store store(jobs);
    Client client(store);
    std::array<std::promise<unsigned>, 2> promises;
    http::JobApi api(client, {.allow_anonymous = true, .threads = 2});
    const auto ask = [&](const JobId& id, std::promise<unsigned>& promise) {
        api.handle({.method = "GET", .target = path_of(id)},
                   [&](const http::Response& response) { promise.set_value(response.status); });
    };
    ask(client.make_id(), promises[0]);
    store.called.get_future().wait();
    ask(client.submit(NewJob{.type = "note"}).id, promises[1]);
    CHECK(promises[1].get_future().get() == 200);
    store.may_continue.set_value();
    CHECK(promises[0].get_future().get() == 404);
}

TEST_CASE("an API without threads responds on the calling thread") {
    Place place;
    std::vector<unsigned> statuses;
    const auto caller = std::this_thread::get_id();
    const auto keep = [&](const http::Response& response) {
        CHECK(std::this_thread::get_id() == caller);
        statuses.push_back(response.status);
    };
    const auto id = place.client.submit(NewJob{.type = "note"}).id;
    place.api.handle({.method = "GET", .target = path_of(id)}, keep);
    place.api.handle(Place::post_note(), keep);
    place.api.handle({.method = "GET", .target = "/v1/nothing"}, keep);
    CHECK(statuses == std::vector{200U, 202U, 404U});
}

TEST_CASE("a waiting request gets its response without API threads") {
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
