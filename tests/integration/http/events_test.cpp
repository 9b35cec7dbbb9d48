#include "served_api.hpp"

#include <doctest/doctest.h>

#include <latch>
#include <list>
#include <map>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// A client of one stream, which reads one event at a time.
class Listener {
public:
    using Event = std::map<std::string, std::string>;

    Listener(ServedApi& served, const JobId& id, std::string_view fields = {},
             std::string_view who = "ann")
        : client_(served.connect()) {
        client_.send(ServedApi::request("GET " + path_of(id, "/events"), who, fields));
        head = client_.receive_head();
    }

    /// The next event; empty at the end. Skips comments and bare `retry:` lines.
    Event next() {
        for (;;) {
            const auto piece = client_.receive_chunk();
            if (piece.empty()) return {};
            if (piece.starts_with("retry: ")) ++greetings;
            if (piece == ":\n\n") ++heartbeats;
            if (piece.starts_with("id: ")) return parse(piece);
        }
    }

    RawClient& client() { return client_; }

    RawResponse head;
    int greetings = 0;
    int heartbeats = 0;

private:
    static Event parse(std::string_view piece) {
        Event event;
        REQUIRE(piece.ends_with("\n\n"));
        piece.remove_suffix(1);
        while (!piece.empty()) {
            const auto line = piece.substr(0, piece.find('\n'));
            const auto colon = line.find(": ");
            REQUIRE(colon != line.npos);
            REQUIRE(event.emplace(line.substr(0, colon), line.substr(colon + 2)).second);
            piece.remove_prefix(line.size() + 1);
        }
        return event;
    }

    RawClient client_;
};

void report(ServedApi& served, const LeaseRef& lease, int percent) {
    const Heartbeat beat{.lease = lease, .progress = Progress{percent, "step"}};
    REQUIRE(served.store.renew({&beat, 1}, 30s).front().kept);
}

} // namespace

TEST_CASE("a stream sends the job's current state, each change, and ends with the job") {
    ServedApi served;
    const auto id = served.submit("ann");
    Listener listener(served, id);
    CHECK(listener.head.status == 200);
    CHECK(listener.head.header("Content-Type") == "text/event-stream");
    CHECK(listener.head.header("Cache-Control") == "no-store, no-transform");
    CHECK(listener.head.header("X-Accel-Buffering") == "no");
    CHECK(listener.head.header("Content-Length").empty());

    auto event = listener.next();
    CHECK(listener.greetings == 1);
    CHECK(event["event"] == "job.updated");
    CHECK(event["id"] == std::to_string(served.client.find(id)->revision));
    CHECK(text_at(boost::json::parse(event["data"]), "status") == "pending");

    const auto lease = served.claim();
    event = listener.next();
    CHECK(text_at(boost::json::parse(event["data"]), "status") == "processing");
    report(served, lease, 40);
    event = listener.next();
    CHECK(boost::json::parse(event["data"]).at("progress").as_int64() == 40);
    served.settle(Settlement::completed(lease, JsonText::parse(R"({"file_url":"/f"})")));
    event = listener.next();
    CHECK(event["event"] == "job.completed");
    CHECK(event["data"] == served.ask("GET " + path_of(id)).body);
    CHECK(event["id"] == std::to_string(served.client.find(id)->revision));
    CHECK(listener.next().empty());
    CHECK(listener.client().closed_without_a_word());
}

TEST_CASE("each outcome has its own event") {
    ServedApi served;
    auto failed = served.submit("ann");
    served.fail({"E1", "no"});
    CHECK(Listener(served, failed).next()["event"] == "job.failed");
    auto cancelled = served.submit("ann");
    served.client.cancel(cancelled);
    CHECK(Listener(served, cancelled).next()["event"] == "job.cancelled");
}

TEST_CASE("an event has one line of data whatever the result's layout") {
    ServedApi served;
    const auto id = served.submit("ann");
    served.complete("{\r\n  \"lines\": \"a\\nb\"\n}");
    Listener listener(served, id);
    const auto event = listener.next();
    CHECK(boost::json::parse(event.at("data")).at("result").at("lines") == "a\nb");
}

TEST_CASE("a reconnecting client gets later events, and 204 after the final one") {
    ServedApi served;
    const auto id = served.submit("ann");
    const auto known = std::to_string(served.client.find(id)->revision);
    Listener listener(served, id, "Last-Event-ID: " + known + "\r\n");
    const auto lease = served.claim();
    CHECK(text_at(boost::json::parse(listener.next()["data"]), "status") == "processing");
    served.settle(Settlement::completed(lease, JsonText()));
    CHECK(listener.next()["event"] == "job.completed");

    CHECK(Listener(served, id, "Last-Event-ID: " + known + "\r\n").next()["event"] ==
          "job.completed");
    const auto last = std::to_string(served.client.find(id)->revision);
    const auto over =
        served.ask("GET " + path_of(id, "/events"), "ann", "Last-Event-ID: " + last + "\r\n");
    CHECK(over.status == 204);
}

TEST_CASE("an unknown event id is ignored") {
    ServedApi served;
    const auto id = served.submit("ann");
    for (const std::string last : {"999", "-1", "x", "1x", "99999999999999999999", ""}) {
        CAPTURE(last);
        Listener listener(served, id, "Last-Event-ID: " + last + "\r\n");
        CHECK(listener.next()["event"] == "job.updated");
    }
}

TEST_CASE("an idle stream is kept alive by comments") {
    ServedApi served({.api = {.heartbeat = 1ms}});
    const auto id = served.submit("ann");
    Listener listener(served, id);
    listener.next();
    std::string piece;
    for (int i = 0; i < 3; ++i) CHECK(listener.client().receive_chunk() == ":\n\n");
    served.complete();
    CHECK(listener.next()["event"] == "job.completed");
}

TEST_CASE("an HTTP/1.0 client gets unframed events that end with the connection") {
    ServedApi served;
    const auto id = served.submit("ann");
    served.complete();
    auto client = served.connect();
    client.send("GET " + path_of(id, "/events") +
                " HTTP/1.0\r\nHost: a\r\nAuthorization: Bearer ann\r\n\r\n");
    const auto head = client.receive_head();
    CHECK(head.header("Transfer-Encoding").empty());
    const auto body = client.receive_rest();
    CHECK(body.starts_with("retry: "));
    CHECK(body.find("\n\nid: ") != body.npos);
    CHECK(body.find("\nevent: job.completed\n") != body.npos);
}

TEST_CASE("HEAD of a stream has its head and no events") {
    ServedApi served;
    const auto id = served.submit("ann");
    const auto response = served.ask("HEAD " + path_of(id, "/events"));
    CHECK(response.status == 200);
    CHECK(response.header("Content-Type") == "text/event-stream");
}

TEST_CASE("another owner's stream is 404, and a client that excludes events gets 406") {
    ServedApi served;
    const auto id = served.submit("ann");
    const auto strangers = served.ask("GET " + path_of(id, "/events"), "bob");
    const auto unknown = served.ask("GET " + path_of(JobId(), "/events"), "bob");
    CHECK(strangers.status == 404);
    CHECK(json_of(strangers).as_object().at("code") == json_of(unknown).as_object().at("code"));
    CHECK(
        served.ask("GET " + path_of(id, "/events"), "ann", "Accept: application/json\r\n").status ==
        406);
    CHECK(Listener(served, id, "Accept: text/event-stream\r\n").head.status == 200);
}

TEST_CASE("streams are limited for each owner and in all, and an ended one frees its permit") {
    ServedApi served({.api = {.max_streams = 3, .max_streams_per_owner = 2}});
    const auto anns = served.submit("ann");
    const auto bobs = served.submit("bob");
    std::list<Listener> listeners;
    listeners.emplace_back(served, anns);
    listeners.emplace_back(served, anns);
    const auto one_more = Listener(served, anns).head;
    CHECK(one_more.status == 429);
    CHECK(std::stoi(one_more.header("Retry-After")) >= 1);
    listeners.emplace_back(served, bobs, "", "bob");
    CHECK(listeners.back().head.status == 200);
    CHECK(Listener(served, bobs, "", "bob").head.status == 503);
    listeners.pop_front();
    while (Listener(served, bobs, "", "bob").head.status != 200) std::this_thread::yield();
}

TEST_CASE("a stopping server ends its streams so that clients reconnect") {
    ServedApi served;
    const auto id = served.submit("ann");
    Listener listener(served, id);
    listener.next();
    served.server.stop(1h);
    CHECK(listener.next().empty());
}

TEST_CASE("all streams of one job get its final event") {
    ServedApi served({.server = {.max_connections_per_address = 300}});
    const auto id = served.submit("ann");
    std::list<Listener> listeners;
    for (int i = 0; i < 100; ++i) listeners.emplace_back(served, id);
    served.complete();
    for (auto& listener : listeners) {
        auto event = listener.next();
        while (event["event"] == "job.updated") event = listener.next();
        CHECK(event["event"] == "job.completed");
    }
}

TEST_CASE("a slow reader gets fewer events, and the final one") {
    ServedApi served;
    const auto id = served.submit("ann");
    Listener listener(served, id);
    const auto lease = served.claim();
    const std::string message(900, 'm');
    for (int i = 0; i < 20'000; ++i) {
        const Heartbeat beat{.lease = lease, .progress = Progress{50, message + std::to_string(i)}};
        served.store.renew({&beat, 1}, 30s);
    }
    served.settle(Settlement::completed(lease, JsonText()));
    int events = 0;
    auto event = listener.next();
    for (; event["event"] == "job.updated"; event = listener.next()) ++events;
    CHECK(event["event"] == "job.completed");
    CHECK(events < 20'000);
}

TEST_CASE("a client that ended its side before its stream begins is disconnected") {
    std::latch asked(1), leave(1);
    ServedApi served({.api = {.authenticator =
                                  [&](const http::Request& request) {
                                      if (request.target.ends_with("/events")) {
                                          asked.count_down();
                                          leave.wait();
                                      }
                                      return bearer_is_name(request);
                                  }},
                      .server = {.io_threads = 1, .disconnect_check_delay = 1ms}});
    const auto id = served.submit("ann");
    auto client = served.connect();
    client.send(ServedApi::request("GET " + path_of(id, "/events"), "ann"));
    asked.wait();
    client.finish_sending();
    // Meanwhile, the only I/O thread notices that.
    const auto deadline = std::chrono::steady_clock::now() + 20ms;
    while (std::chrono::steady_clock::now() < deadline) served.ask("GET /healthz", "");
    served.ask("GET /healthz", "");
    leave.count_down();
    served.complete(); // ends the stream if it was served nevertheless
    const auto response = client.receive_rest();
    CHECK(response.starts_with("HTTP/1.1 200 "));
    CHECK(response.find("job.completed") == std::string::npos);
}
