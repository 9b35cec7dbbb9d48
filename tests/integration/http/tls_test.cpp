#include "served_api.hpp"

#include "scratch_directory.hpp"
#include "unit/thrown.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <future>
#include <latch>

#include <openssl/x509.h>

using namespace asyncjobs;
using namespace std::chrono_literals;
namespace ssl = boost::asio::ssl;

namespace {

std::string certificate_file(std::string_view name) {
    return std::string(CERTIFICATES "/") + std::string(name);
}

beast::TlsOptions localhost() {
    return {.certificate_file = certificate_file("localhost.pem"),
            .key_file = certificate_file("localhost.key")};
}

/// A client that trusts only the tests' authority.
ssl::context client_context() {
    ssl::context context(ssl::context::tls_client);
    context.load_verify_file(certificate_file("ca.pem"));
    context.set_verify_mode(ssl::verify_peer);
    return context;
}

ServedOptions by_tls(beast::ServerOptions server = {}) {
    server.tls = localhost();
    return {.server = std::move(server)};
}

/// The name in the server's certificate.
std::string subject_of(RawClient& client) {
    X509* const certificate = SSL_get0_peer_certificate(client.tls());
    char name[100] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof name);
    return name;
}

/// Copies certificate and key to the server's paths.
void put(std::string_view certificate, const ScratchDirectory& folder) {
    for (const std::string ending : {".pem", ".key"})
        std::filesystem::copy_file(certificate_file(std::string(certificate) + ending),
                                   folder / ("current" + ending),
                                   std::filesystem::copy_options::overwrite_existing);
}

} // namespace

TEST_CASE("a job is submitted, observed and fetched over TLS") {
    ServedApi served(by_tls());
    served.server.start();
    auto context = client_context();
    RawClient client(served.server.port(), context);
    const auto accepted = client.ask(
        ServedApi::request("POST /v1/notes", "ann", "Content-Type: application/json\r\n", "{}"));
    REQUIRE(accepted.status == 202);
    const auto path = accepted.header("Location");

    RawClient follower(served.server.port(), context);
    follower.send(ServedApi::request("GET " + path + "/events", "ann"));
    CHECK(follower.receive_head().status == 200);
    while (follower.receive_chunk().find("event: job.updated") == std::string::npos) {
    }
    served.complete("17");
    std::string last;
    for (std::string chunk; !(chunk = follower.receive_chunk()).empty();) last = chunk;
    CHECK(last.find("event: job.completed") != std::string::npos);
    follower.receive_rest();
    CHECK(follower.end() == boost::asio::error::eof); // by close_notify, not cut off

    CHECK(json_of(client.ask(ServedApi::request("GET " + path, "ann"))).at("result") == 17);
}

TEST_CASE("a client that disconnects TLS while it waits frees its permit") {
    auto options = by_tls();
    options.api.max_wait = 1h;
    ServedApi served(std::move(options));
    served.server.start();
    auto context = client_context();
    RawClient observer(served.server.port(), context);
    const auto await_waiting = [&](const std::string& count) {
        const auto line = "\nasyncjobs_http_requests_waiting " + count + "\n";
        while (observer.ask(ServedApi::request("GET /metrics", "")).body.find(line) ==
               std::string::npos) {
        }
    };
    const auto path = path_of(served.submit("ann"));
    {
        RawClient client(served.server.port(), context);
        const auto etag = client.ask(ServedApi::request("GET " + path, "ann")).header("ETag");
        client.send(ServedApi::request("GET " + path, "ann",
                                       "If-None-Match: " + etag + "\r\nPrefer: wait=3600\r\n"));
        await_waiting("1");
    }
    await_waiting("0");
}

TEST_CASE("requests in one TLS record get responses in order") {
    ServedApi served(by_tls());
    served.server.start();
    auto context = client_context();
    RawClient client(served.server.port(), context);
    client.send(ServedApi::request("GET /healthz", "") +
                ServedApi::request("GET /v1/nowhere", "ann") +
                ServedApi::request("GET /healthz", ""));
    CHECK(client.receive().status == 200);
    CHECK(client.receive().status == 404);
    CHECK(client.receive().status == 200);
}

TEST_CASE("bodies of many TLS records arrive complete in both directions") {
    ServedApi served(by_tls());
    std::string text(700'001, 'x');
    for (std::size_t i = 0; i < text.size(); i += 7) text[i] = static_cast<char>('a' + i % 26);
    served.api.route("POST", "/echo", [](const http::Call& call) {
        return http::Response{.body = call.request.body};
    });
    served.server.start();
    auto context = client_context();
    RawClient client(served.server.port(), context);
    for (int i = 0; i < 3; ++i)
        CHECK(client.ask(ServedApi::request("POST /v1/echo", "ann", {}, text)).body == text);
}

TEST_CASE("a refusal reaches a client that is still sending, and ends with close_notify") {
    ServedApi served(by_tls({.body_limit = 100}));
    served.server.start();
    auto context = client_context();
    RawClient client(served.server.port(), context);
    client.send("POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n" +
                std::string(20000, 'x'));
    CHECK(client.receive().status == 413);
    CHECK(client.closed_without_a_word());
    CHECK(client.end() == boost::asio::error::eof);
}

TEST_CASE("an incomplete head gets 408, and a missing handshake closes the connection") {
    ServedApi served(by_tls({.head_timeout = 1s})); // enough for a handshake
    served.server.start();
    auto context = client_context();
    RawClient client(served.server.port(), context);
    RawClient silent(served.server.port());
    client.send("GET /healthz HT");
    CHECK(client.receive().status == 408);
    CHECK(silent.closed_without_a_word());
}

TEST_CASE("a request without TLS gets no response") {
    ServedApi served(by_tls());
    served.server.start();
    RawClient client(served.server.port());
    client.send(ServedApi::request("GET /healthz", ""));
    CHECK(client.receive_rest().find("HTTP") == std::string::npos);
}

TEST_CASE("TLS is 1.2 or newer, with HTTP/1.1 only") {
    ServedApi served(by_tls());
    served.server.start();
    auto context = client_context();
    SUBCASE("an old version") {
        SSL_CTX_set_cipher_list(context.native_handle(), "ALL:@SECLEVEL=0");
        SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_1_VERSION);
        SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_1_VERSION);
        CHECK_THROWS(RawClient(served.server.port(), context));
    }
    SUBCASE("version 1.2") {
        SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_2_VERSION);
        RawClient client(served.server.port(), context);
        CHECK(client.ask(ServedApi::request("GET /healthz", "")).status == 200);
    }
    SUBCASE("a client of HTTP/2 that takes 1.1, too") {
        SSL_CTX_set_alpn_protos(context.native_handle(),
                                reinterpret_cast<const unsigned char*>("\x02h2\x08http/1.1"), 12);
        RawClient client(served.server.port(), context);
        const unsigned char* chosen = nullptr;
        unsigned length = 0;
        SSL_get0_alpn_selected(client.tls(), &chosen, &length);
        CHECK(std::string(reinterpret_cast<const char*>(chosen), length) == "http/1.1");
    }
    SUBCASE("a client of HTTP/2 alone") {
        SSL_CTX_set_alpn_protos(context.native_handle(),
                                reinterpret_cast<const unsigned char*>("\x02h2"), 3);
        CHECK_THROWS(RawClient(served.server.port(), context));
    }
}

TEST_CASE("a stopping server waits neither for idle connections nor for handshakes") {
    ServedApi served(by_tls());
    served.server.start();
    auto context = client_context();
    RawClient idle(served.server.port(), context);
    CHECK(idle.ask(ServedApi::request("GET /healthz", "")).status == 200);
    RawClient silent(served.server.port());
    served.server.stop(1h);
    CHECK(idle.closed_without_a_word());
    CHECK(silent.closed_without_a_word());
}

TEST_CASE("a reloaded certificate is used for new connections") {
    const ScratchDirectory folder;
    put("localhost", folder);
    const auto certificate = folder / "current.pem";
    ServedApi served({.server = {.tls = {certificate, folder / "current.key"}}});
    served.server.start();
    auto context = client_context();
    RawClient early(served.server.port(), context);
    CHECK(subject_of(early) == "localhost");

    put("elsewhere", folder);
    served.server.reload_certificate();
    RawClient late(served.server.port(), context);
    CHECK(subject_of(late) == "elsewhere");
    CHECK(early.ask(ServedApi::request("GET /healthz", "")).status == 200);

    with_content(certificate, "nonsense");
    CHECK_THROWS_AS(served.server.reload_certificate(), Error);
    RawClient later(served.server.port(), context);
    CHECK(subject_of(later) == "elsewhere");
}

TEST_CASE("invalid certificate and key files are refused by name") {
    const auto refusal = [](std::string_view certificate, std::string_view key) {
        return std::string(thrown_by([&] {
                               ServedApi({.server = {.tls = {certificate_file(certificate),
                                                             certificate_file(key)}}});
                           }).what());
    };
    CHECK(has(refusal("missing.pem", "localhost.key"), "tls.certificate_file is \""));
    CHECK(has(refusal("missing.pem", "localhost.key"), "missing.pem"));
    CHECK(has(refusal("localhost.key", "localhost.key"), "tls.certificate_file"));
    CHECK(has(refusal("localhost.pem", "missing.key"), "tls.key_file is \""));
    CHECK(has(refusal("localhost.pem", "elsewhere.key"), "tls.key_file"));
    CHECK(has(refusal("localhost.pem", "locked.key"), "without a password"));
}
