#include "scratch_directory.hpp"
#include "service_process.hpp"

#include <doctest/doctest.h>

namespace {

struct Step3 {
    ScratchDirectory folder = {};
    ServiceProcess service{"step_3", {"0"}, {"-C", folder.path().string()}};
};

} // namespace

TEST_CASE_FIXTURE(Step3, "a report is submitted, followed and fetched over HTTP") {
    const auto submitted = service.request("POST /v1/reports", R"({"month": "2011-01"})");
    CHECK(submitted.status == 202);
    const auto path = submitted.header("Location");
    CHECK(service.finished(path).at("status") == "completed");
    const auto result = service.request(fmt::format("GET {}/result", path));
    CHECK(result.status == 200);
    CHECK(boost::json::parse(result.body).at("month") == "2011-01");
    CHECK(boost::json::parse(result.body).at("orders") == 31'000'000);
}

TEST_CASE_FIXTURE(Step3, "a month that does not exist is refused, by its place in the request") {
    const auto refused = service.request("POST /v1/reports", R"({"month": "2011-13"})");
    CHECK(refused.status == 422);
    const auto errors = boost::json::parse(refused.body).at("errors").as_array();
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().at("pointer") == "/month");
}

TEST_CASE_FIXTURE(Step3, "an accepted job survives a SIGTERM to its service") {
    const auto submitted = service.request("POST /v1/reports", R"({"month": "2011-01"})");
    CHECK(service.stop() == 0);
    ServiceProcess next("step_3", {"0"}, {"-C", folder.path().string()});
    CHECK(next.finished(submitted.header("Location")).at("status") == "completed");
}
