#include "own_server.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace asyncjobs;

namespace {

/// One piece, and then a failure.
class Broken final : public http::BodySource {
public:
    std::optional<std::string> next() override {
        if (std::exchange(made_, true)) throw std::runtime_error("the store is away");
        return "piece";
    }

private:
    bool made_ = false;
};

void add_broken_route(http::JobApi& api) {
    api.route("GET", "/broken", [&api](const http::Call& call) {
        return api.stream_body(call, std::make_shared<Broken>(), {});
    });
}

void check_is_broken_off(RawClient client) {
    client.send(ServedApi::request("GET /v1/broken", "ann"));
    const auto sent = client.receive_rest();
    CHECK(sent.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(sent.ends_with("5\r\npiece\r\n"));
}

} // namespace

TEST_CASE("a client sees that a body is incomplete") {
    ServedApi served;
    add_broken_route(served.api);
    check_is_broken_off(served.connect());
}

TEST_CASE_TEMPLATE("a client of serve() sees that a body is incomplete", Stream, Plain) {
    OwnServer<Stream> host;
    add_broken_route(host.served.api);
    check_is_broken_off(host.connect());
}
