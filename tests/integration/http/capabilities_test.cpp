#include "minimal_store.hpp"
#include "served_api.hpp"
#include "unit/thrown.hpp"

#include <doctest/doctest.h>

namespace {

/// The API over a store without capabilities.
struct BareApi {
    MinimalStore store = MinimalStore();
    Client client{store};
    http::JobApi api{client, {.authenticator = bearer_is_name, .metrics = false}};
    beast::Server server{api, {}};

    RawResponse get(const std::string& path) {
        if (server.port() == 0) server.start();
        RawClient connection(server.port());
        connection.send(ServedApi::request("GET " + path, "ann"));
        return connection.receive(false);
    }
};

TEST_CASE("an API with metrics refuses a store without workload") {
    MinimalStore store;
    Client client(store);
    CHECK(has(refusal(Errc::unsupported,
                      [&] { http::JobApi(client, {.authenticator = bearer_is_name}); }),
              "metrics is \"true\", but the job store lacks the capability workload"));
}

TEST_CASE("a job of a store without workload has no estimate") {
    BareApi served;
    const auto id = served.client.submit({.type = "note", .owner = "ann"}).id;
    const auto response = served.get("/v1/jobs/" + std::string(id.text()));
    CHECK(response.status == 200);
    CHECK(!json_of(response).as_object().contains("estimated_completion"));
}

TEST_CASE("a purged job of a store without tombstones does not exist for its owner") {
    BareApi served;
    const auto id =
        served.client.submit({.type = "note", .owner = "ann", .retention = Duration::zero()}).id;
    served.client.cancel(id);
    REQUIRE(served.store.purge(1) == 1);
    CHECK(served.get("/v1/jobs/" + std::string(id.text())).status == 404);
}

} // namespace
