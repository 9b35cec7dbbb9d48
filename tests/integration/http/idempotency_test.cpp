#include "served_api.hpp"

#include <asyncjobs/store/forwarding_job_store.hpp>

#include <doctest/doctest.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

RawResponse submit(ServedApi& served, const std::string& key, std::string_view body = "1",
                   std::string_view who = "ann", std::string_view path = "/v1/notes") {
    return served.ask("POST " + std::string(path), who,
                      "Content-Type: application/json\r\nIdempotency-Key: " + key + "\r\n", body);
}

std::size_t count_of(ServedApi& served) { return served.client.list({}).jobs.size(); }

} // namespace

TEST_CASE("a repeated request with the same key returns the same job and bytes") {
    ServedApi served;
    const auto first = submit(served, "\"k-1\"");
    CHECK(first.status == 202);
    CHECK(first.header("Idempotent-Replayed").empty());
    for (const std::string key : {"\"k-1\"", "k-1"}) {
        const auto again = submit(served, key);
        CHECK(again.status == 202);
        CHECK(again.body == first.body);
        CHECK(again.header("Location") == first.header("Location"));
        CHECK(again.header("Idempotent-Replayed") == "true");
    }
    CHECK(count_of(served) == 1);
}

TEST_CASE("a repeated request gets the same response after the job has finished and estimates have "
          "changed") {
    ServedApi served;
    for (int i = 0; i < 3; ++i) {
        served.submit("ann");
        served.complete();
    }
    const auto first = submit(served, "k");
    served.complete("7");
    const auto again = submit(served, "k");
    CHECK(again.body == first.body);
    CHECK(count_of(served) == 4);
}

TEST_CASE("another request with the same key is refused and creates no job") {
    ServedApi served;
    submit(served, "k");
    const auto other = submit(served, "k", "2");
    CHECK(other.status == 422);
    CHECK(text_at(json_of(other), "code") == "idempotency_key_reused");
    CHECK(json_of(other).at("errors").as_array().size() == 1);
    CHECK(count_of(served) == 1);
}

TEST_CASE("a key belongs to its owner and its route") {
    ServedApi served;
    const auto anns = submit(served, "k");
    const auto bobs = submit(served, "k", "2", "bob");
    const auto generic = submit(served, "k", R"({"type":"note","input":1})", "ann", "/v1/jobs");
    CHECK(bobs.status == 202);
    CHECK(generic.status == 202);
    CHECK(count_of(served) == 3);
}

TEST_CASE("the encoding of path and query does not change a key's route") {
    ServedApi served;
    const auto first = submit(served, "k", "1", "ann", "/v1/notes?a=b%20c&d=e");
    for (const std::string target :
         {"/v1/notes?a=b%20c&d=e", "/v1/%6eotes?a=b+c&d=e", "/%76%31/note%73?%61=b%20c&d=%65"}) {
        CAPTURE(target);
        const auto again = submit(served, "k", "1", "ann", target);
        CHECK(again.status == 202);
        CHECK(again.header("Idempotent-Replayed") == "true");
        CHECK(again.body == first.body);
    }
    for (const std::string target : {"/v1/%6eotes?a=b&d=e", "/v1/notes", "/v1/notes?d=e&a=b%20c"})
        CHECK(submit(served, "k", "1", "ann", target).status == 422);
    CHECK(count_of(served) == 1);
}

TEST_CASE("a key lives as long as its job") {
    ServedApi served;
    const auto first = submit(served, "k");
    served.complete();
    CHECK(served.ask("DELETE " + first.header("Location")).status == 204);
    const auto again = submit(served, "k", "2");
    CHECK(again.status == 202);
    CHECK(again.header("Idempotent-Replayed").empty());
}

TEST_CASE("a repeated submit of an expired job returns 410") {
    ServedApi served;
    served.api.submit_route("/brief",
                            http::SubmitRoute<>{.job = {.type = "note", .retention = 0s}});
    const auto first = submit(served, "k", "1", "ann", "/v1/brief");
    CHECK(first.status == 202);
    served.complete();
    const auto again = submit(served, "k", "1", "ann", "/v1/brief");
    CHECK(again.status == 410);
    CHECK(text_at(json_of(again), "code") == "gone");
    CHECK(served.ask("GET " + first.header("Location")).status == 410);
    CHECK(submit(served, "k", "2", "ann", "/v1/brief").status == 422);
    REQUIRE(served.store.purge(10) == 1);
    CHECK(submit(served, "k", "1", "ann", "/v1/brief").status == 202);
}

TEST_CASE("a repeated submit of a job that is deleted meanwhile returns 410") {
    struct Store final : ForwardingJobStore {
        using ForwardingJobStore::ForwardingJobStore;
        std::vector<std::optional<Job>> find(std::span<const JobId> ids) override {
            for (const auto& id : ids) remove(id);
            return ForwardingJobStore::find(ids);
        }
    };
    MemoryJobStore jobs;
    Store store(jobs);
    Client client(store);
    http::JobApi api(client, {.allow_anonymous = true, .threads = 0});
    api.submit_route("/notes", http::SubmitRoute<>{.job = {.type = "note"}});
    const auto status = [&] {
        unsigned returned = 0;
        api.handle({.method = "POST",
                    .target = "/v1/notes",
                    .headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", "k"}},
                    .body = "1"},
                   [&](const http::Response& response) { returned = response.status; });
        return returned;
    };
    CHECK(status() == 202);
    client.cancel(client.list({}).jobs.front().id);
    CHECK(status() == 410);
    CHECK(status() == 202);
}

TEST_CASE("an invalid key is refused with the rule and creates no job") {
    ServedApi served;
    for (const std::string& key :
         {std::string("\"\""), std::string("a b"), std::string("\"a"), std::string(256, 'k'),
          std::string("\"a\\x\""), std::string("\"a\"b\""), std::string("k\xc3\xa4"),
          std::string("a\r\nIdempotency-Key: b")}) {
        CAPTURE(key);
        const auto refused = submit(served, key);
        CHECK(refused.status == 400);
        CHECK(text_at(json_of(refused), "code") == "invalid_idempotency_key");
    }
    CHECK(submit(served, std::string(255, 'k')).status == 202);
    CHECK(submit(served, R"("a\"\\b")").status == 202);
    CHECK(count_of(served) == 2);
}

TEST_CASE("a repeated submit with Prefer: wait waits for the first job") {
    ServedApi served({.api = {.max_wait = 1h}});
    submit(served, "k");
    served.complete("7");
    const auto again = submit(served, "k\r\nPrefer: wait=3600");
    CHECK(again.status == 202);
    CHECK(text_at(json_of(again), "status") == "completed");
    CHECK(again.header("Idempotent-Replayed") == "true");
}

TEST_CASE("a submit's trace is stored in the job's metadata") {
    ServedApi served;
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const auto response =
        served.ask("POST /v1/notes", "ann",
                   "Content-Type: application/json\r\ntraceparent: " + trace + "\r\n", "1");
    const auto job = served.client.find(*JobId::parse(text_at(json_of(response), "job_id")));
    CHECK(boost::json::parse(job->metadata.text()).at("traceparent") == trace.c_str());
}

TEST_CASE("companion jobs are submitted with their job, once") {
    ServedApi served({.api = {.companion_jobs = [](const NewJob& job, const http::Call&) {
                          return std::vector<NewJob>{{.type = "companion", .after = {job.id}}};
                      }}});
    const auto first = submit(served, "k");
    CHECK(submit(served, "k").body == first.body);
    REQUIRE(count_of(served) == 2);
    const auto companion = served.client.list({.type = "companion"}).jobs.front();
    CHECK(companion.blocked_by == 1);
    const auto id = *JobId::parse(text_at(json_of(first), "job_id"));
    CHECK(served.client.list({.needed_by = companion.id}).jobs.front().id == id);
    served.post("/v1/notes", "1");
    CHECK(count_of(served) == 4);
}

TEST_CASE("a job whose companions can't be made is refused with the reason") {
    ServedApi served({.api = {.companion_jobs = [](const NewJob&, const http::Call& call) {
                          if (call.query.find("callback_url"))
                              throw Error(Errc::invalid_argument,
                                          "callback_url names a host that is not allowed");
                          return std::vector<NewJob>();
                      }}});
    const auto refused = submit(served, "k", "1", "ann", "/v1/notes?callback_url=x");
    CHECK(refused.status == 422);
    CHECK(text_at(json_of(refused), "detail").find("callback_url names a host") !=
          std::string::npos);
    CHECK(json_of(refused).at("errors").as_array().size() == 1);
    CHECK(count_of(served) == 0);
    CHECK(submit(served, "k").status == 202);
}
