#include "served_api.hpp"

#include <doctest/doctest.h>

#include <list>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

std::string known(ServedApi& served, const JobId& id) {
    return "If-None-Match: " + served.ask("GET " + path_of(id)).header("ETag") + "\r\n";
}

const std::string wait_long = "Prefer: wait=3600\r\n";

RawClient begin(ServedApi& served, std::string_view request) {
    auto client = served.connect();
    client.send(request);
    return client;
}

/// Ann's waiting request for her job, the only one that waits.
RawClient begin_waiting(ServedApi& served, const JobId& id) {
    auto client = begin(
        served, ServedApi::request("GET " + path_of(id), "ann", known(served, id) + wait_long));
    served.await_waiting(1);
    return client;
}

} // namespace

TEST_CASE("a status request with Prefer: wait returns when the job changes") {
    ServedApi served({.api = {.max_wait = 1h}});
    const auto id = served.submit("ann");
    auto client = begin_waiting(served, id);
    served.complete("7");
    const auto response = client.receive();
    CHECK(response.status == 200);
    CHECK(response.header("Preference-Applied") == "wait=3600");
    CHECK(response.header("Vary") == "Prefer");
    const auto etag = response.header("ETag");
    if (text_at(json_of(response), "status") == "processing") {
        const auto later =
            served.ask("GET " + path_of(id), "ann", "If-None-Match: " + etag + "\r\n" + wait_long);
        CHECK(text_at(json_of(later), "status") == "completed");
    } else {
        CHECK(text_at(json_of(response), "status") == "completed");
    }
}

TEST_CASE("a status request waits at most the granted time, and then gets 304") {
    ServedApi served({.api = {.max_wait = 1s}});
    const auto id = served.submit("ann");
    const auto response =
        served.ask("GET " + path_of(id), "ann", known(served, id) + "Prefer: wait=100\r\n");
    CHECK(response.status == 304);
    CHECK(response.header("Preference-Applied") == "wait=1");
}

TEST_CASE("a status request without the current ETag does not wait") {
    ServedApi served({.api = {.max_wait = 1h}});
    const auto id = served.submit("ann");
    CHECK(served.ask("GET " + path_of(id), "ann", wait_long).status == 200);
    const auto old = known(served, id);
    served.claim();
    CHECK(served.ask("GET " + path_of(id), "ann", old + wait_long).status == 200);
}

TEST_CASE("a status request for a finished job does not wait") {
    ServedApi served({.api = {.max_wait = 1h}});
    const auto id = served.submit("ann");
    served.complete();
    CHECK(served.ask("GET " + path_of(id), "ann", known(served, id) + wait_long).status == 304);
}

TEST_CASE("max_wait = 0 disables waiting") {
    ServedApi served({.api = {.max_wait = 0s}});
    const auto id = served.submit("ann");
    const auto response = served.ask("GET " + path_of(id), "ann", known(served, id) + wait_long);
    CHECK(response.status == 304);
    CHECK(response.header("Preference-Applied").empty());
    CHECK(response.header("Vary") == "Prefer");
}

TEST_CASE("a submit with Prefer: wait returns the finished job") {
    ServedApi served({.api = {.max_wait = 1h}});
    auto client =
        begin(served, ServedApi::request("POST /v1/notes", "ann",
                                         "Content-Type: application/json\r\n" + wait_long, "1"));
    served.await_waiting(1);
    served.complete("7");
    const auto response = client.receive();
    CHECK(response.status == 202);
    CHECK(response.header("Preference-Applied") == "wait=3600");
    CHECK(text_at(json_of(response), "status") == "completed");
    CHECK(json_of(response).at("result") == boost::json::value(7));
    CHECK(response.header("Location") == "/v1/jobs/" + text_at(json_of(response), "job_id"));
    CHECK(text_at(json_of(response), "status_url") == response.header("Location"));
    CHECK(parse_rfc3339(text_at(json_of(response), "expires_at")));
    CHECK(std::stoi(response.header("Retry-After")) >= 1);
    CHECK(response.header("Cache-Control") == "no-store");
}

TEST_CASE("a submit that times out while waiting is accepted") {
    ServedApi served({.api = {.max_wait = 1s}});
    const auto response = served.ask("POST /v1/notes", "ann",
                                     "Content-Type: application/json\r\nPrefer: wait=1\r\n", "1");
    CHECK(response.status == 202);
    CHECK(response.header("Preference-Applied") == "wait=1");
    CHECK(text_at(json_of(response), "status") == "pending");
    CHECK(text_at(json_of(response), "status_url") == response.header("Location"));
}

TEST_CASE("removing a job ends the wait for it") {
    ServedApi served({.api = {.max_wait = 1h}});
    const auto id = served.submit("ann");
    const auto lease = served.claim();
    auto client = begin_waiting(served, id);
    served.settle(Settlement::completed(lease, JsonText()));
    served.client.remove(id);
    const auto response = client.receive(); // read before the removal, or after it
    CHECK((response.status == 200 || response.status == 404));
    served.await_waiting(0);
}

TEST_CASE("a client that disconnects while it waits frees its permit") {
    ServedApi served({.api = {.max_wait = 1h, .max_waits_per_owner = 1}});
    const auto id = served.submit("ann");
    for (int i = 0; i < 3; ++i) {
        { const auto client = begin_waiting(served, id); }
        served.await_waiting(0);
    }
}

TEST_CASE("a half-closed client gets its response at once, and the connection closes") {
    ServedApi served({.api = {.max_wait = 1h}});
    auto client = begin_waiting(served, served.submit("ann"));
    client.finish_sending();
    const auto response = client.receive();
    CHECK(response.status == 304);
    CHECK(response.header("Connection") == "close");
    CHECK(client.closed_without_a_word());
}

TEST_CASE("a request behind a waiting one gets its response after it") {
    ServedApi served({.api = {.max_wait = 1h}});
    const auto id = served.submit("ann");
    auto client = begin_waiting(served, id);
    client.send(ServedApi::request("GET /v1/nowhere", "ann"));
    client.send(ServedApi::request("GET " + path_of(id), "ann"));
    served.client.cancel(id);
    CHECK(text_at(json_of(client.receive()), "status") == "cancelled");
    CHECK(client.receive().status == 404);
    CHECK(client.receive().status == 200);
}

TEST_CASE("waiting requests occupy no thread") {
    ServedApi served(
        {.api = {.threads = 1, .max_wait = 1h}, .server = {.max_connections_per_address = 300}});
    const auto id = served.submit("ann");
    const auto fields = known(served, id) + wait_long;
    std::list<RawClient> clients;
    for (int i = 0; i < 50; ++i)
        clients.push_back(begin(served, ServedApi::request("GET " + path_of(id), "ann", fields)));
    served.await_waiting(50);
    served.client.cancel(id);
    for (auto& client : clients) CHECK(text_at(json_of(client.receive()), "status") == "cancelled");
}

TEST_CASE("waiting requests are limited for each owner and in all") {
    ServedApi served(
        {.api = {.threads = 1, .max_wait = 1h, .max_waits = 2, .max_waits_per_owner = 1}});
    const auto wait_for = [&](const std::string& who) {
        const auto id = served.submit(who);
        const auto etag = served.ask("GET " + path_of(id), who).header("ETag");
        return ServedApi::request("GET " + path_of(id), who,
                                  "If-None-Match: " + etag + "\r\n" + wait_long);
    };
    auto anns = begin(served, wait_for("ann"));
    served.await_waiting(1);
    auto refused = begin(served, wait_for("ann")).receive();
    CHECK(refused.status == 429);
    CHECK(std::stoi(refused.header("Retry-After")) >= 1);
    auto bobs = begin(served, wait_for("bob"));
    served.await_waiting(2);
    CHECK(begin(served, wait_for("cid")).receive().status == 503);
}

TEST_CASE("a draining service ends waits, refuses submits and is not ready") {
    ServedApi served({.api = {.max_wait = 1h}});
    const auto id = served.submit("ann");
    auto client = begin_waiting(served, id);
    served.api.drain();
    CHECK(client.receive().status == 304);
    CHECK(served.ask("GET " + path_of(id), "ann", known(served, id) + wait_long).status == 304);
    const auto refused = served.post("/v1/notes", "1");
    CHECK(refused.status == 503);
    CHECK(text_at(json_of(refused), "code") == "draining");
    CHECK(std::stoi(refused.header("Retry-After")) >= 1);
    CHECK(served.ask("GET /readyz").status == 503);
    CHECK(served.ask("GET /healthz").status == 200);
    CHECK(served.ask("GET " + path_of(id)).status == 200);
}
