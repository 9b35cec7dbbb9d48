#include "served_api.hpp"

#include <doctest/doctest.h>

using namespace asyncjobs;

TEST_CASE("cancelling a pending job returns 200, also when repeated") {
    ServedApi served;
    const auto id = served.submit("ann");
    for (int time = 0; time < 2; ++time) {
        const auto response = served.ask("POST " + path_of(id, "/cancel"));
        CHECK(response.status == 200);
        CHECK(text_at(json_of(response), "status") == "cancelled");
        CHECK(json_of(response).as_object().contains("cancelled_at"));
    }
}

TEST_CASE("cancelling a running job returns 202 with cancel_requested_at, then 200") {
    ServedApi served;
    const auto id = served.submit("ann");
    const auto lease = served.claim();
    for (int time = 0; time < 2; ++time) {
        const auto response = served.ask("POST " + path_of(id, "/cancel"));
        CHECK(response.status == 202);
        CHECK(text_at(json_of(response), "status") == "processing");
        CHECK(json_of(response).as_object().contains("cancel_requested_at"));
    }
    served.settle(Settlement::cancelled(lease));
    CHECK(served.ask("POST " + path_of(id, "/cancel")).status == 200);
}

TEST_CASE("cancelling a completed or failed job returns 409 with the job and keeps its result") {
    ServedApi served;
    const auto completed = served.submit("ann");
    served.complete("[1]");
    const auto failed = served.submit("ann");
    served.fail({"E1", "no", {}});
    for (const auto& id : {completed, failed}) {
        const auto response = served.ask("POST " + path_of(id, "/cancel"));
        CHECK(response.status == 409);
        CHECK(text_at(json_of(response), "code") == "already_finished");
        CHECK(text_at(json_of(response).at("job"), "job_id") == id.text());
    }
    CHECK(served.client.find(completed)->result->text() == "[1]");
}

TEST_CASE("a finished job can be deleted, and an active one can't") {
    ServedApi served;
    const auto id = served.submit("ann");
    auto response = served.ask("DELETE " + path_of(id));
    CHECK(response.status == 409);
    CHECK(text_at(json_of(response), "code") == "not_finished");
    served.complete();
    response = served.ask("DELETE " + path_of(id));
    CHECK(response.status == 204);
    CHECK(response.header("Content-Length").empty());
    CHECK(served.ask("GET " + path_of(id)).status == 404);
    CHECK(served.ask("DELETE " + path_of(id)).status == 404);
}

TEST_CASE("a failed or cancelled job can be retried, and an active or completed one can't") {
    ServedApi served;
    const auto id = served.submit("ann");
    CHECK(served.ask("POST " + path_of(id, "/retry")).status == 409);
    served.fail({"E1", "no", {}});
    const auto response = served.ask("POST " + path_of(id, "/retry"));
    CHECK(response.status == 202);
    CHECK(response.header("Location") == path_of(id));
    CHECK(std::stoi(response.header("Retry-After")) >= 1);
    CHECK(text_at(json_of(response), "status") == "pending");
    served.complete();
    CHECK(served.ask("POST " + path_of(id, "/retry")).status == 409);
}
