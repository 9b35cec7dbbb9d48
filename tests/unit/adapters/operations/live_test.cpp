#include "operator_api.hpp"

#include <chrono>
#include <list>
#include <thread>

using namespace operator_test;

namespace {

constexpr std::chrono::milliseconds period{100};

/// An API on a store that counts readings for the overview.
struct CountedApi {
    MemoryJobStore memory;
    CountingStore* store = nullptr;
    OperatorApi api{{.refresh_every = period}, make_store()};

private:
    std::unique_ptr<CountingStore> make_store() {
        auto made = std::make_unique<CountingStore>(memory, "counts");
        store = made.get();
        return made;
    }
};

http::Response live(OperatorApi& api, const std::string& viewer = "ann") {
    return api.ask({.target = "/live", .headers = {{"Authorization", "Bearer " + viewer}}});
}

boost::json::value pending_in(const boost::json::value& overview) {
    return overview.at("jobs").at("pending").at("value");
}

} // namespace

TEST_CASE("a viewer gets the overview, and again when it has changed") {
    OperatorApi api({.refresh_every = period});
    api.submit();
    const auto response = live(api);
    CHECK(response.headers.joined("Content-Type") == "text/event-stream");
    StreamReader viewer(response);
    CHECK(viewer.next().value().starts_with("retry: "));
    auto first = viewer.next_data().as_object();
    auto shown = document(api.get("/overview")).as_object();
    for (auto* one : {&first, &shown}) {
        one->erase("now");
        one->erase("oldest_due_age");
        one->at("queues").at(0).as_object().erase("oldest_due_age");
    }
    CHECK(first == shown);
    api.submit();
    CHECK(pending_in(viewer.next_data()) == 2);
    api.submit();
    api.submit({.delay = std::chrono::hours{1}});
    const auto last = viewer.next_data();
    CHECK((pending_in(last) == 3 || pending_in(last) == 4));
}

TEST_CASE("a viewer gets nothing while only the time passes") {
    CountedApi counted;
    StreamReader viewer(live(counted.api));
    CHECK(pending_in(viewer.next_data()) == 0);
    viewer.request();
    const int seen = counted.store->calls;
    while (counted.store->calls < seen + 3 && !viewer.has_next()) std::this_thread::yield();
    CHECK_FALSE(viewer.has_next());
    counted.api.submit();
    CHECK(pending_in(viewer.next_data()) == 1);
}

TEST_CASE("200 live viewers cost the store one reading a period") {
    CountedApi counted;
    CHECK(counted.store->calls == 0);
    const auto begin = std::chrono::steady_clock::now();
    std::list<StreamReader> viewers;
    for (int i = 0; i < 200; ++i) viewers.emplace_back(live(counted.api, std::to_string(i)));
    CHECK(counted.store->calls == 0);
    for (int jobs = 0; jobs < 3; ++jobs) {
        for (StreamReader& viewer : viewers) CHECK(pending_in(viewer.next_data()) == jobs);
        for (StreamReader& viewer : viewers) viewer.request();
        counted.api.submit();
    }
    const auto periods = (std::chrono::steady_clock::now() - begin) / period;
    CHECK(counted.store->calls >= 3);
    CHECK(counted.store->calls <= periods + 1);
}

TEST_CASE("a viewer learns that the store is unavailable, and gets the overview afterwards") {
    CountedApi counted;
    StreamReader viewer(live(counted.api));
    viewer.next_data();
    counted.store->fails = true;
    CHECK(viewer.next_event() == "event: unavailable\ndata: {}\n\n");
    counted.store->fails = false;
    CHECK(viewer.next_event()->starts_with("event: overview\n"));
}

TEST_CASE("a viewer sees only the queues of its view") {
    OperatorApi api({.visible = [](const http::Principal&, std::string_view queue,
                                   std::string_view) { return queue != "secret"; }});
    api.submit({.queue = "secret"});
    api.submit();
    StreamReader viewer(live(api));
    const auto overview = viewer.next_data();
    CHECK(overview.at("jobs").as_object().empty());
    REQUIRE(overview.at("queues").as_array().size() == 1);
    CHECK(overview.at("queues").at(0).at("queue") == "default");
}

TEST_CASE("a live stream ends when its viewer loses the right to see, and at a shutdown") {
    std::atomic<bool> is_permitted = true;
    OperatorApi api({.rights =
                         [&](const http::Principal& caller) {
                             return caller.owner == "ann" || is_permitted ? operations::viewer
                                                                          : Rights();
                         },
                     .refresh_every = period});
    StreamReader stays(live(api)), leaves(live(api, "bob"));
    stays.next_data();
    leaves.next_data();
    is_permitted = false;
    CHECK_FALSE(leaves.next_event());
    api.submit();
    CHECK(pending_in(stays.next_data()) == 1);
    api.api.drain();
    CHECK_FALSE(stays.next_event());
}

TEST_CASE("operators follow the jobs of all owners, without their payloads") {
    OperatorApi api;
    const auto id = api.submit({.input = JsonText::parse(R"({"card": 1})"), .owner = "bob"});
    const auto path = "/jobs/" + text(id) + "/events";
    StreamReader reader(api.get(path));
    const auto first = reader.next_event().value();
    CHECK(first.starts_with("id: 1\nevent: job.updated\n"));
    CHECK(first.find("\"owner\":\"bob\"") != std::string::npos);
    CHECK(first.find("card") == std::string::npos);
    const std::vector<std::string> queues = {"default"};
    const auto claimed = api.jobs().claim({.worker = "w", .queues = queues, .limit = 1}).claimed;
    const auto done =
        Settlement::completed(claimed.at(0).lease, JsonText::parse(R"({"secret": 2})"));
    REQUIRE(api.jobs().settle({&done, 1})[0].accepted);
    auto last = first;
    while (const auto event = reader.next_event()) {
        CHECK(event->find("secret") == std::string::npos);
        last = *event;
    }
    CHECK(last.find("event: job.completed\n") != std::string::npos);
    const auto revision = std::to_string(api.client.find(id)->revision);
    CHECK(api.ask({.target = path,
                   .headers = {{"Authorization", "Bearer ann"}, {"Last-Event-ID", revision}}})
              .status == 204);
}

TEST_CASE("a job outside of an operator's view can't be followed") {
    OperatorApi api({.visible = [](const http::Principal&, std::string_view queue,
                                   std::string_view) { return queue != "secret"; }});
    const auto hidden = text(api.submit({.queue = "secret"}));
    CHECK(api.get("/jobs/" + hidden + "/events").status == 404);
    CHECK(api.get("/jobs/nonsense/events").status == 404);
}
