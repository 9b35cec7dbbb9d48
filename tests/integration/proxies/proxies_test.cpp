#include "proxy.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

ServedOptions behind_a_proxy(beast::ServerOptions server = {}) {
    return {.api = {.trusted_proxies = {"127.0.0.1"}}, .server = std::move(server)};
}

beast::TlsOptions localhost() {
    return {CERTIFICATES "/localhost.pem", CERTIFICATES "/localhost.key"};
}

template <typename Kind>
struct Proxied {
    explicit Proxied(ServedOptions options) : served(std::move(options)) {
        served.api.route("GET", "/who", [](const http::Call& call) {
            return http::Response{.body = call.request.client_address};
        });
        served.api.route("GET", "/echo/{word}", [](const http::Call& call) {
            return http::Response{.body = *call.path.find("word")};
        });
        served.server.start();
        proxy.emplace(Upstream{served.server.port(), served.tls});
    }

    struct Served : ServedApi {
        explicit Served(ServedOptions options)
            : ServedApi(options), tls(!options.server.tls.certificate_file.empty()) {}
        const bool tls;
    } served;
    std::optional<Kind> proxy;
};

/// Reads events until one of that name.
void read_until(RawClient& client, const std::string& event) {
    std::string read;
    while (read.find("event: " + event) == std::string::npos) read += client.receive_chunk();
}

} // namespace

TEST_CASE_TEMPLATE("a proxy forwards an event at once", Kind, Nginx, Haproxy) {
    for (const auto& tls : {beast::TlsOptions(), localhost()}) {
        CAPTURE(tls.certificate_file);
        Proxied<Kind> host(behind_a_proxy({.tls = tls}));
        const auto id = host.served.submit("ann");
        auto client = host.proxy->connect();
        client.send(ServedApi::request("GET " + path_of(id, "/events"), "ann"));
        REQUIRE(client.receive_head().status == 200);
        read_until(client, "job.updated");
        host.served.complete(); // after the client has received `pending`
        read_until(client, "job.completed");
        while (!client.receive_chunk().empty()) {
        }
    }
}

TEST_CASE_TEMPLATE("a waiting request gets its response through a proxy", Kind, Nginx, Haproxy) {
    Proxied<Kind> host(behind_a_proxy());
    const auto id = host.served.submit("ann");
    const auto etag = host.proxy->ask("GET " + path_of(id)).header("ETag");
    auto client = host.proxy->connect();
    client.send(ServedApi::request("GET " + path_of(id), "ann",
                                   "Prefer: wait=50\r\nIf-None-Match: " + etag + "\r\n"));
    host.served.await_waiting(1);
    host.served.complete();
    const auto response = client.receive();
    CHECK(response.status == 200);
    CHECK(response.header("Preference-Applied") == "wait=50");
}

TEST_CASE_TEMPLATE("behind a trusted proxy, a client has its own address, and not one that "
                   "it claims",
                   Kind, Nginx, Haproxy) {
    Proxied<Kind> host(behind_a_proxy());
    const auto request =
        ServedApi::request("GET /v1/who", "ann", "X-Forwarded-For: 203.0.113.9\r\n");
    CHECK(host.proxy->connect("127.0.0.5").ask(request).body == "127.0.0.5");
    CHECK(RawClient(host.served.server.port(), "127.0.0.6").ask(request).body == "127.0.0.6");
}

TEST_CASE_TEMPLATE("a trusted proxy's connections are not counted as one client's", Kind, Nginx,
                   Haproxy) {
    Proxied<Kind> host(behind_a_proxy({.max_connections_per_address = 2}));
    const auto id = host.served.submit("ann");
    const auto follow = ServedApi::request("GET " + path_of(id, "/events"), "ann");
    std::vector<RawClient> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(host.proxy->connect());
        clients.back().send(follow);
        CHECK(clients.back().receive_head().status == 200);
    }
    std::vector<unsigned> strangers;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(host.served.server.port(), "127.0.0.6");
        clients.back().send(follow);
        strangers.push_back(clients.back().receive_head().status);
    }
    CHECK(strangers == std::vector<unsigned>{200, 200, 503});
}

TEST_CASE_TEMPLATE("a stopping server ends its streams through a proxy cleanly", Kind, Nginx,
                   Haproxy) {
    Proxied<Kind> host(behind_a_proxy());
    const auto id = host.served.submit("ann");
    auto client = host.proxy->connect();
    client.send(ServedApi::request("GET " + path_of(id, "/events"), "ann"));
    REQUIRE(client.receive_head().status == 200);
    read_until(client, "job.updated");
    host.served.server.stop(1h);
    while (!client.receive_chunk().empty()) {
    }
    CHECK(host.proxy->ask("GET /healthz").status / 100 == 5);
}

TEST_CASE_TEMPLATE("an ambiguously framed message smuggles no request into the next one", Kind,
                   Nginx, Haproxy) {
    Proxied<Kind> host(behind_a_proxy());
    const std::string hidden = "GET /v1/echo/smuggled HTTP/1.1\r\nHost: localhost\r\n"
                               "Authorization: Bearer ann\r\nX: ";
    const auto length = [](const std::string& text) {
        return "Content-Length: " + std::to_string(text.size()) + "\r\n";
    };
    const std::string te = "Transfer-Encoding: chunked\r\n";
    const std::string end = "0\r\n\r\n";
    const std::string chunk = fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", hidden.size(), hidden);
    const std::string chunk_head = chunk.substr(0, chunk.find('\n') + 1);
    const std::pair<std::string, std::string> attacks[] = {
        {length(end + hidden) + te, end + hidden},
        {te + length(end + hidden), end + hidden},
        {length(chunk_head) + te, chunk},
        {te + length(chunk_head), chunk},
        {length(end + hidden) + "Transfer-Encoding : chunked\r\n", end + hidden},
        {length(end + hidden) + "Transfer-Encoding: xchunked\r\n", end + hidden},
        {length(end + hidden) + "Transfer-Encoding:\tchunked\r\n", end + hidden},
        {length(end + hidden) + "Transfer-Encoding: \x0b"
                                "chunked\r\n",
         end + hidden},
        {length(end + hidden) + "X: y\rTransfer-Encoding: chunked\r\n", end + hidden},
        {length(end + hidden) + "X: y\nTransfer-Encoding: chunked\r\n", end + hidden},
        {length(end + hidden) + " Transfer-Encoding: chunked\r\n", end + hidden},
        {length(end + hidden) + te + "Transfer-Encoding: identity\r\n", end + hidden},
        {"Transfer-Encoding: chunked, identity\r\n" + length(end + hidden), end + hidden},
        {length(hidden) + "Content-Length: 0\r\n", hidden},
        {"Content-Length: 0\r\n" + length(hidden), hidden},
        {"Content-Length: 0, " + std::to_string(hidden.size()) + "\r\n", hidden},
        {"Content-Length: +" + std::to_string(hidden.size()) + "\r\n", hidden},
        {"Content-Length : " + std::to_string(hidden.size()) + "\r\n", hidden},
        {te, "1;a=\n\r\nx\r\n" + end + hidden},
        {te, "0x1\r\nx\r\n" + end + hidden},
        {te, "00000000000000000\r\n\r\n" + hidden},
        {"Expect: 100-continue\r\n" + length(hidden), hidden},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\n" + length(hidden), hidden},
        {"Connection: Content-Length\r\n" + length(hidden), hidden},
        {"Connection: Transfer-Encoding\r\n" + te, chunk},
    };
    int next = 0;
    for (const auto& attack : attacks) {
        const auto& fields = attack.first;
        const auto& body = attack.second;
        CAPTURE(fields);
        CAPTURE(body);
        for (const std::string line : {"GET /v1/who", "POST /v1/who", "POST /v1/notes"}) {
            CAPTURE(line);
            auto attacker = host.proxy->connect();
            CHECK(attacker.send(ServedApi::request(line, "ann", fields) + body));
            for (int i = 0; i < 3; ++i) {
                const auto word = std::to_string(next++);
                CHECK(host.proxy->ask("GET /v1/echo/" + word).body == word);
            }
        }
    }
}
