#include "served_api.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;

namespace {

/// Ann's expired job: `purged` after the store's sweep, or else before it.
JobId expired_job(ServedApi& served, bool purged = true) {
    const auto id =
        served.client.submit(NewJob{.type = "note", .owner = "ann", .retention = Duration::zero()})
            .id;
    served.complete();
    if (purged && served.store.purge(10) != 1) throw std::runtime_error("the job has not expired");
    return id;
}

} // namespace

TEST_CASE("every route of an expired job returns 410 to its owner") {
    for (const bool purged : {true, false}) {
        CAPTURE(purged);
        ServedApi served;
        const auto id = expired_job(served, purged);
        for (const std::string line : {"GET ", "HEAD ", "DELETE ", "GET /events", "GET /result",
                                       "POST /cancel", "POST /retry"}) {
            CAPTURE(line);
            const auto method = line.substr(0, line.find(' ') + 1);
            const auto response = served.ask(method + path_of(id, line.substr(method.size())));
            CHECK(response.status == 410);
            if (method != "HEAD ") CHECK(text_at(json_of(response), "code") == "gone");
        }
        const auto conditional =
            served.ask("GET " + path_of(id), "ann", "If-None-Match: *\r\nPrefer: wait=50\r\n");
        CHECK(conditional.status == 410);
    }
}

TEST_CASE("an expired job that is not purged yet is in no list") {
    ServedApi served;
    const auto lasting = served.submit("ann");
    served.complete();
    expired_job(served, false);
    const auto jobs = json_of(served.ask("GET /v1/jobs")).at("jobs").as_array();
    REQUIRE(jobs.size() == 1);
    CHECK(text_at(jobs.at(0), "job_id") == lasting.text());
}

TEST_CASE("an expired job is 404 for other owners") {
    for (const bool purged : {true, false}) {
        ServedApi served;
        const auto id = expired_job(served, purged);
        const auto unknown = served.client.make_id();
        CHECK(served.ask("GET " + path_of(id), "bob").status == 404);
        CHECK(served.ask("GET " + path_of(id), "bob").body.size() ==
              served.ask("GET " + path_of(unknown), "bob").body.size());
        CHECK(served.ask("GET " + path_of(unknown)).status == 404);
    }
}
