#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/testing/simulated_runtime.hpp>

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

class Events final : public http::EventSource {
public:
    explicit Events(std::function<std::optional<http::ServerSentEvent>()> next)
        : next_(std::move(next)) {}
    std::optional<http::ServerSentEvent> poll() override { return next_(); }

private:
    std::function<std::optional<http::ServerSentEvent>()> next_;
};

class Pieces final : public http::BodySource {
public:
    explicit Pieces(std::function<std::optional<std::string>()> next) : next_(std::move(next)) {}
    std::optional<std::string> next() override { return next_(); }

private:
    std::function<std::optional<std::string>()> next_;
};

/// The reader of a stream.
struct Reader {
    explicit Reader(http::Response response)
        : stream(std::get<std::shared_ptr<http::BodyStream>>(std::move(response.body))) {}

    /// Requests the next piece.
    void read() {
        stream->next([this](std::optional<std::string> piece) {
            if (piece)
                pieces.push_back(*std::move(piece));
            else
                has_ended = true;
        });
    }
    /// Requests pieces until none comes at once.
    void read_all(testing::Simulation& simulation) {
        for (std::size_t before = pieces.size();; before = pieces.size()) {
            read();
            simulation.run_for(100ms);
            if (pieces.size() == before) return;
        }
    }

    std::vector<std::string> pieces = {};
    bool has_ended = false;
    std::shared_ptr<http::BodyStream> stream; ///< ends first: it may deliver its end
};

/// An API with a route of the host, in simulated time.
struct HostApi {
    explicit HostApi(http::RouteHandler handler, http::ApiOptions options = {})
        : api(std::make_unique<http::JobApi>(client, runtime, with(std::move(options)))) {
        api->route("GET", "/host", std::move(handler));
    }

    http::ApiOptions with(http::ApiOptions options) {
        options.allow_anonymous = true;
        options.threads = 0;
        options.log = [this](const LogEntry& entry) { logged.push_back(entry.message); };
        return options;
    }

    http::Response get(http::Headers headers = {}) {
        std::optional<http::Response> response;
        api->handle({.method = "GET", .target = "/v1/host", .headers = std::move(headers)},
                    [&](http::Response one) { response = std::move(one); });
        REQUIRE(response);
        return *std::move(response);
    }

    testing::Simulation simulation{1};
    MemoryJobStore store{[this] { return simulation.wall_clock(); }};
    std::shared_ptr<testing::SimulatedRuntime> runtime =
        std::make_shared<testing::SimulatedRuntime>(simulation);
    Client client{store, runtime};
    std::vector<std::string> logged;
    std::unique_ptr<http::JobApi> api;
};

/// A host with a stream of events, polled every second.
struct HostEvents {
    explicit HostEvents(std::function<std::optional<http::ServerSentEvent>()> next,
                        http::ApiOptions options = {})
        : poll(std::move(next)),
          host(
              [this](const http::Call& call) {
                  return host.api->stream_events(call, std::make_shared<Events>([this] {
                                                     ++polls;
                                                     return poll();
                                                 }),
                                                 1s);
              },
              std::move(options)) {}

    std::function<std::optional<http::ServerSentEvent>()> poll;
    int polls = 0;
    HostApi host;
};

/// A host with a body of these pieces, and then a failure or the end.
struct HostBody {
    explicit HostBody(std::deque<std::string> pieces, bool fails = false)
        : left(std::move(pieces)), host([this, fails](const http::Call& call) {
              return host.api->stream_body(
                  call, std::make_shared<Pieces>([this, fails] { return make_next(fails); }),
                  {{"Content-Type", "text/plain"}});
          }) {}

    std::optional<std::string> make_next(bool fails) {
        ++made;
        if (left.empty() && fails) throw std::runtime_error("the store is away");
        if (left.empty()) return std::nullopt;
        auto piece = std::move(left.front());
        left.pop_front();
        return piece;
    }

    std::deque<std::string> left;
    int made = 0;
    HostApi host;
};

} // namespace

TEST_CASE("a host's events are polled when the client reads, and then once a period") {
    int number = 0;
    HostEvents events(
        [&] { return http::ServerSentEvent{.name = "number", .data = std::to_string(++number)}; });
    auto response = events.host.get();
    CHECK(response.headers.joined("Content-Type") == "text/event-stream");
    CHECK(response.headers.joined("Cache-Control") == "no-store, no-transform");
    events.host.simulation.run_for(10s);
    CHECK(events.polls == 0);
    Reader reader(std::move(response));
    reader.read();
    REQUIRE(reader.pieces.size() == 1);
    CHECK(reader.pieces[0].starts_with("retry: "));
    reader.read_all(events.host.simulation);
    REQUIRE(reader.pieces.size() == 2);
    CHECK(reader.pieces[1] == "event: number\ndata: 1\n\n");
    for (int i = 0; i < 3; ++i) {
        events.host.simulation.run_for(1s);
        reader.read();
    }
    CHECK(events.polls == 4);
    CHECK(reader.pieces.back() == "event: number\ndata: 4\n\n");
}

TEST_CASE("a client that does not read costs no polls, and then gets the latest event") {
    int number = 0;
    HostEvents events(
        [&] { return http::ServerSentEvent{.name = "number", .data = std::to_string(number)}; });
    Reader reader(events.host.get());
    reader.read_all(events.host.simulation);
    events.host.simulation.run_for(1s);
    const auto polls = events.polls;
    number = 7;
    events.host.simulation.run_for(1h);
    CHECK(events.polls == polls);
    reader.read();
    events.host.simulation.run_for(1s);
    CHECK(reader.pieces.back() == "event: number\ndata: 7\n\n");
}

TEST_CASE("an event with line ends is sent on one line") {
    HostEvents events([] { return http::ServerSentEvent{.name = "a\nb", .data = "1\r\n\n2"}; });
    Reader reader(events.host.get());
    reader.read_all(events.host.simulation);
    CHECK(reader.pieces.back() == "event: a b\ndata: 1   2\n\n");
}

TEST_CASE("a host's stream without events is kept alive by comments") {
    HostEvents events([] { return std::nullopt; }, {.heartbeat = 15s});
    Reader reader(events.host.get());
    reader.read_all(events.host.simulation);
    REQUIRE(reader.pieces.size() == 1);
    for (int i = 0; i < 60; ++i) {
        events.host.simulation.run_for(1s);
        if (reader.pieces.back() == ":\n\n") reader.read();
    }
    CHECK(reader.pieces.size() == 1 + 60 / 15);
}

TEST_CASE("a host's stream ends at a shutdown and after a failure of its source") {
    HostEvents events([] { return std::nullopt; });
    Reader drained(events.host.get());
    drained.read_all(events.host.simulation);
    events.host.api->drain();
    CHECK(drained.has_ended);

    HostEvents failing([]() -> std::optional<http::ServerSentEvent> {
        throw std::runtime_error("the store is away");
    });
    Reader failed(failing.host.get());
    failed.read_all(failing.host.simulation);
    CHECK(failed.has_ended);
    CHECK(failing.host.logged == std::vector<std::string>{"event stream ended: the store is away"});

    HostEvents refusing([]() -> std::optional<http::ServerSentEvent> {
        throw http::Problem(403, "forbidden", "missing permission");
    });
    Reader refused(refusing.host.get());
    refused.read_all(refusing.host.simulation);
    CHECK(refused.has_ended);
    CHECK(refusing.host.logged.empty());
}

TEST_CASE("streams of a host count against the limits of streams until they are closed") {
    HostEvents events([] { return std::nullopt; }, {.max_streams_per_owner = 1});
    auto reader = std::make_optional<Reader>(events.host.get());
    CHECK(events.host.get().status == 429);
    reader->read_all(events.host.simulation);
    const auto polls = events.polls;
    reader.reset();
    events.host.simulation.run_for(1h);
    CHECK(events.polls == polls);
    CHECK(events.host.get().status == 200);
    CHECK(events.host.get({{"Accept", "application/json"}}).status == 406);
}

TEST_CASE("a host's body is made one piece ahead of its reader") {
    HostBody body({"a", "b", "c", "d"});
    Reader reader(body.host.get());
    body.host.simulation.run_for(1h);
    CHECK(body.made == 1);
    reader.read();
    body.host.simulation.run_for(1h);
    CHECK(reader.pieces == std::vector<std::string>{"a"});
    CHECK(body.made == 2);
    reader.read_all(body.host.simulation);
    CHECK(reader.pieces == std::vector<std::string>{"a", "b", "c", "d"});
    CHECK(reader.has_ended);
    CHECK(HostBody({}).host.get().status == 200);
}

TEST_CASE("a body whose source fails is broken off after the last piece") {
    HostBody body({"a", "b"}, true);
    Reader reader(body.host.get());
    for (int i = 0; i < 2; ++i) {
        reader.read();
        body.host.simulation.run_for(1s);
    }
    CHECK(reader.pieces == std::vector<std::string>{"a", "b"});
    CHECK_THROWS_AS(reader.read(), std::runtime_error);
    CHECK_FALSE(reader.has_ended);
    CHECK(body.host.logged == std::vector<std::string>{"response broken off: the store is away"});
}

TEST_CASE("a body whose first piece fails is refused as a whole") {
    CHECK(HostBody({}, true).host.get().status == 500);
}

TEST_CASE("a body that outlives its API is broken off") {
    HostBody body({"a", "b", "c"});
    Reader idle(body.host.get());
    Reader reading(body.host.get());
    reading.read();
    body.host.api.reset();
    body.host.simulation.run_for(100ms);
    CHECK(reading.pieces.size() == 1);
    CHECK_THROWS_AS(reading.read(), std::runtime_error);
    idle.read();
    CHECK_THROWS_AS(idle.read(), std::runtime_error);
    CHECK_FALSE((reading.has_ended || idle.has_ended));
}

TEST_CASE("a host follows any job with a document of its own") {
    JobId id;
    std::optional<HostApi> host;
    host.emplace([&](const http::Call& call) {
        return host->api->follow_job(call, *host->client.find(id),
                                     [](const Job& job) -> std::optional<std::string> {
                                         if (job.status == JobStatus::failed) return std::nullopt;
                                         return '"' + std::string(to_string(job.status)) + '"';
                                     });
    });
    id = host->client.submit(NewJob{.type = "note", .owner = "bob"}).id;
    Reader reader(host->get());
    reader.read_all(host->simulation);
    CHECK(reader.pieces.back() == "id: 1\nevent: job.updated\ndata: \"pending\"\n\n");
    host->client.cancel(id);
    host->simulation.run_for(1s);
    CHECK(reader.pieces.back() == "id: 2\nevent: job.cancelled\ndata: \"cancelled\"\n\n");
    reader.read();
    CHECK(reader.has_ended);
    CHECK(host->get({{"Last-Event-ID", "2"}}).status == 204);
}
