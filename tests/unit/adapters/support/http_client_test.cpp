#include <support/http_client.hpp>

#include "loopback_server.hpp"
#include "scratch_directory.hpp"
#include "unit/thrown.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <latch>

using namespace asyncjobs;
using namespace asyncjobs::support;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

const auto home = asio::ip::make_address("127.0.0.1");

HttpOrigin at(std::uint16_t port) { return {.tls = false, .host = "127.0.0.1", .port = port}; }

HttpRequest get() { return {.headers = {{"Host", "test"}}}; }

/// A lookup that returns `addresses`.
auto found(Addresses addresses) {
    return [addresses = std::move(addresses)](const std::string&,
                                              SteadyTime) -> asio::awaitable<Addresses> {
        co_return addresses;
    };
}

/// The error of an exchange that must fail.
HttpError error_of(const HttpClient& client, const HttpOrigin& origin,
                   const HttpRequest& request = get()) {
    try {
        client.exchange_blocking(origin, request);
    } catch (const HttpError& error) {
        return error;
    }
    throw std::logic_error("the exchange returned a response");
}

/// Returns the response of a server that writes `text` and closes the connection.
HttpResponse response_of(const std::string& text, HttpClientOptions options = {},
                         const HttpRequest& request = get()) {
    const LoopbackServer server([&](Peer& peer) {
        peer.read_head();
        peer.write(text);
    });
    return HttpClient(std::move(options)).exchange_blocking(at(server.port()), request);
}

/// As response_of(), for a `text` that is an error.
HttpError refusal_of(const std::string& text, HttpClientOptions options = {}) {
    const LoopbackServer server([&](Peer& peer) {
        peer.read_head();
        peer.write(text);
    });
    return error_of(HttpClient(std::move(options)), at(server.port()));
}

/// A request larger than the buffers between a client and a server.
HttpRequest large_upload(const ScratchDirectory& directory) {
    return {.method = "PUT",
            .body_file = with_content(directory / "file", std::string(20'000'000, 'x'))};
}

std::string ok_response(const std::string& body, const std::string& headers = {}) {
    return "HTTP/1.1 200 OK\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

} // namespace

TEST_SUITE("requests") {
    TEST_CASE("a request has the caller's headers, its length, and Connection: close") {
        std::string received;
        {
            const LoopbackServer server([&](Peer& peer) {
                received = peer.read_head();
                received += peer.read(4);
                peer.write(ok_response(""));
            });
            const HttpRequest post{.method = "POST",
                                   .target = "/hooks?a=b",
                                   .headers = {{"Host", "example.com"}, {"X-Id", "7"}},
                                   .body = "text"};
            HttpClient({}).exchange_blocking(at(server.port()), post);
        }
        CHECK(received == "POST /hooks?a=b HTTP/1.1\r\nHost: example.com\r\nX-Id: 7\r\n"
                          "Content-Length: 4\r\nConnection: close\r\n\r\ntext");
    }

    TEST_CASE("a request without a body states a length only for methods that have one") {
        std::string received;
        {
            const LoopbackServer server([&](Peer& peer) {
                received += peer.read_head();
                peer.write(ok_response(""));
            });
            const HttpClient client({});
            for (const char* method : {"GET", "DELETE", "PUT"})
                client.exchange_blocking(at(server.port()), {.method = method});
        }
        CHECK(received == "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
                          "DELETE / HTTP/1.1\r\nConnection: close\r\n\r\n"
                          "PUT / HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }

    TEST_CASE("a file is sent whole, even an empty one") {
        const ScratchDirectory directory;
        std::string content(3'000'000, 'x');
        for (std::size_t i = 0; i < content.size(); i += 997) content[i] = static_cast<char>(i);
        for (const auto& sent : {content, std::string()}) {
            std::string head, body;
            {
                const LoopbackServer server([&](Peer& peer) {
                    head = peer.read_head();
                    body = peer.read(sent.size());
                    peer.write(ok_response(""));
                });
                const HttpRequest put{.method = "PUT",
                                      .body_file = with_content(directory / "file", sent)};
                HttpClient({}).exchange_blocking(at(server.port()), put);
            }
            CHECK(has(head, "Content-Length: " + std::to_string(sent.size()) + "\r\n"));
            CHECK((body == sent));
        }
    }

    TEST_CASE("a file that can't be opened fails the step open_body") {
        const LoopbackServer server([](Peer& peer) { peer.wait_until_the_client_is_gone(); });
        const HttpRequest put{.method = "PUT", .body_file = "no such file"};
        CHECK(error_of(HttpClient({}), at(server.port()), put).step() == HttpStep::open_body);
    }

    TEST_CASE("a header with a line break is not sent") {
        const LoopbackServer server([](Peer& peer) { peer.read_head(); });
        const HttpClient client({});
        const HttpRequest bad[] = {{.headers = {{"X", "a\r\nY: b"}}},
                                   {.headers = {{"X\n", "a"}}},
                                   {.target = "/ HTTP/1.1\r\nY: b"},
                                   {.method = std::string("GET\0", 4)}};
        for (const auto& request : bad)
            CHECK(error_of(client, at(server.port()), request).code() ==
                  asio::error::invalid_argument);
        CHECK(server.connections() == 0);
    }
}

TEST_SUITE("responses") {
    TEST_CASE("a response has a status, headers in any case, and a body") {
        const auto response = response_of(
            "HTTP/1.1 503 Busy\r\nretry-after: 7\r\nContent-Length: 5\r\n\r\nlater, not this");
        CHECK(response.status == 503);
        CHECK(response.header("Retry-After") == "7");
        CHECK(response.header("X-Other").empty());
        CHECK(response.content_length == 5);
        CHECK(response.body == "later");
    }

    TEST_CASE("a body may be chunked, or last until the connection is closed") {
        CHECK(response_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                  .body == "abcde");
        CHECK(response_of("HTTP/1.1 200 OK\r\n\r\nuntil the end").body == "until the end");
    }

    TEST_CASE("a response to HEAD has a length but no body") {
        const auto response =
            response_of("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n", {}, {.method = "HEAD"});
        CHECK(response.content_length == 12345);
        CHECK(response.body.empty());
    }

    TEST_CASE("a body or a head above its limit is an error") {
        CHECK(response_of(ok_response("12345"), {.body_limit = 5}).body == "12345");
        for (const auto& text :
             {ok_response("123456"), std::string("HTTP/1.1 200 OK\r\n\r\n123456"),
              ok_response("", "X: " + std::string(2000, 'x') + "\r\n"),
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1" +
                  std::string(200'000, ' ')}) {
            CAPTURE(text.substr(0, 60));
            const auto error = refusal_of(text, {.head_limit = 1000, .body_limit = 5});
            CHECK(error.step() == HttpStep::receive);
            CHECK_FALSE(error.timed_out());
        }
    }

    TEST_CASE("an unwanted body is not read") {
        const LoopbackServer server([](Peer& peer) {
            peer.read_head();
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\nx");
            peer.wait_until_the_client_is_gone();
        });
        const HttpClient client({.body_limit = std::nullopt});
        const auto response = client.exchange_blocking(at(server.port()), get());
        CHECK(response.status == 200);
        CHECK(response.body.empty());
    }

    TEST_CASE("interim responses are skipped") {
        const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n"
                                    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
        CHECK(response_of(interim + ok_response("final")).body == "final");
        const auto without_body =
            response_of(interim + ok_response("x"), {.body_limit = std::nullopt});
        CHECK(without_body.status == 200);
    }

    TEST_CASE("an invalid or incomplete response is an error") {
        for (const std::string text :
             {"", "HTTP/1.1 20", "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"}) {
            CAPTURE(text);
            CHECK(refusal_of(text).step() == HttpStep::receive);
        }
    }

    TEST_CASE("a response to a partially read request is returned") {
        const ScratchDirectory directory;
        const auto put = large_upload(directory);
        const LoopbackServer server([](Peer& peer) {
            peer.read_head();
            peer.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
        });
        const auto response = HttpClient({}).exchange_blocking(at(server.port()), put);
        CHECK(response.status == 403);
        CHECK(response.body == "no");
    }

    TEST_CASE("a connection closed before the request was read, without a response, fails the step "
              "send") {
        const ScratchDirectory directory;
        const auto put = large_upload(directory);
        const LoopbackServer server([](Peer& peer) { peer.read_head(); });
        CHECK(error_of(HttpClient({}), at(server.port()), put).step() == HttpStep::send);
    }
}

TEST_SUITE("addresses") {
    TEST_CASE("no connection is made unless all addresses are allowed") {
        const LoopbackServer server([](Peer& peer) {
            peer.read_head();
            peer.write(ok_response(""));
        });
        const auto other = asio::ip::make_address("127.0.0.9");
        HttpClientOptions options{.look_up = found({home, other})};
        options.is_allowed = [&](const asio::ip::address& address) { return address == home; };
        CHECK(error_of(HttpClient(options), at(server.port())).step() == HttpStep::check);
        CHECK(server.connections() == 0);

        options.look_up = found({home});
        CHECK(HttpClient(options).exchange_blocking(at(server.port()), get()).status == 200);
    }

    TEST_CASE("addresses are tried in order, and a silent one leaves time for the next") {
        const LoopbackServer server([](Peer& peer) {
            peer.read_head();
            peer.write(ok_response(""));
        });
        const SilentListener silent(server.port());
        const auto refused = asio::ip::make_address("127.0.0.3");
        const HttpClient client(
            {.timeout = 1s, .look_up = found({refused, silent.address(), home})});
        CHECK(client.exchange_blocking(at(server.port()), get()).status == 200);
    }

    TEST_CASE("a refused connection, and a host without addresses, are errors") {
        std::uint16_t port = 0;
        {
            const LoopbackServer server([](Peer&) {});
            port = server.port();
        }
        const auto refused = error_of(HttpClient({}), at(port));
        CHECK(refused.step() == HttpStep::connect);
        CHECK(refused.code() == asio::error::connection_refused);
        CHECK(error_of(HttpClient({.look_up = found({})}), at(port)).code() ==
              asio::error::host_not_found);
    }

    TEST_CASE("a failed lookup fails the step look_up") {
        HttpClientOptions options;
        options.look_up = [](const std::string&, SteadyTime) -> asio::awaitable<Addresses> {
            throw boost::system::system_error(asio::error::host_not_found);
            co_return Addresses();
        };
        CHECK(error_of(HttpClient(options), at(1)).step() == HttpStep::look_up);
    }
}

TEST_SUITE("time") {
    TEST_CASE("a connection, a handshake and a response time out") {
        const LoopbackServer server([](Peer& peer) { peer.wait_until_the_client_is_gone(); });
        const SilentListener silent(server.port());
        for (const bool per_step : {false, true}) {
            CAPTURE(per_step);
            HttpClientOptions options{.timeout = 200ms, .timeout_per_step = per_step};
            const auto late = [&](HttpStep step, const HttpOrigin& origin) {
                const auto error = error_of(HttpClient(options), origin);
                CHECK(error.step() == step);
                CHECK(error.timed_out());
            };
            late(HttpStep::handshake, {.host = "127.0.0.1", .port = server.port()});
            late(HttpStep::receive, at(server.port()));
            options.look_up = found({silent.address()});
            late(HttpStep::connect, at(silent.port()));
        }
    }

    TEST_CASE("a request that the server does not read times out") {
        std::latch end(1);
        {
            const ScratchDirectory directory;
            const auto put = large_upload(directory);
            const LoopbackServer server([&](Peer&) { end.wait(); });
            const auto error = error_of(HttpClient({.timeout = 200ms}), at(server.port()), put);
            CHECK(error.step() == HttpStep::send);
            CHECK(error.timed_out());
            end.count_down();
        }
    }

    TEST_CASE("a timeout applies to the whole exchange, or to each step") {
        const LoopbackServer server([](Peer& peer) {
            peer.read_head();
            peer.write(ok_response(""));
        });
        HttpClientOptions options{.timeout = 200ms};
        options.look_up = [](const std::string&, SteadyTime end) -> asio::awaitable<Addresses> {
            asio::steady_timer timer(co_await asio::this_coro::executor, end);
            co_await timer.async_wait(asio::use_awaitable);
            co_return Addresses{home};
        };
        CHECK(error_of(HttpClient(options), at(server.port())).timed_out());

        options.timeout_per_step = true;
        CHECK(HttpClient(options).exchange_blocking(at(server.port()), get()).status == 200);
    }

    TEST_CASE("a cancelled exchange fails with operation_aborted") {
        asio::io_context context;
        asio::cancellation_signal cancel;
        const LoopbackServer server([&](Peer& peer) {
            peer.read_head();
            asio::post(context, [&] { cancel.emit(asio::cancellation_type::all); });
            peer.wait_until_the_client_is_gone();
        });
        const HttpClient client({});
        std::exception_ptr thrown;
        asio::co_spawn(
            context, client.exchange(at(server.port()), get()),
            asio::bind_cancellation_slot(
                cancel.slot(), [&](std::exception_ptr error, HttpResponse) { thrown = error; }));
        context.run();
        REQUIRE(thrown);
        try {
            std::rethrow_exception(thrown);
        } catch (const boost::system::system_error& error) {
            CHECK(error.code() == asio::error::operation_aborted);
        }
    }
}

TEST_SUITE("TLS") {
    /// Responds with the server name that the client requested.
    struct TlsServer : LoopbackServer {
        explicit TlsServer(const std::string& certificate)
            : LoopbackServer([certificate](Peer& peer) {
                  peer.handshake(certificate);
                  peer.read_head();
                  peer.write(ok_response(peer.server_name()));
                  peer.wait_until_the_client_is_gone();
              }) {}

        HttpOrigin named(const std::string& host) const { return {.host = host, .port = port()}; }
    };

    TEST_CASE("a client sends the server's name, unless it is an address") {
        const TlsServer server("localhost");
        const HttpClient client({.ca_file = CERTIFICATES "/ca.pem"});
        CHECK(client.exchange_blocking(server.named("localhost"), get()).body == "localhost");
        CHECK(client.exchange_blocking(server.named("127.0.0.1"), get()).body.empty());
    }

    TEST_CASE("a certificate must be valid for the host and today, from a trusted authority") {
        const HttpClient client({.ca_file = CERTIFICATES "/ca.pem"});
        for (const char* certificate : {"elsewhere", "stranger", "past"}) {
            CAPTURE(std::string(certificate));
            const TlsServer server(certificate);
            const auto error = error_of(client, server.named("localhost"));
            CHECK(error.step() == HttpStep::handshake);
            CHECK(has(error.code().message(), "certificate verify failed"));
        }
        const TlsServer server("localhost");
        CHECK(error_of(HttpClient({}), server.named("localhost")).step() == HttpStep::handshake);
    }

    TEST_CASE("a response may arrive byte by byte") {
        for (const std::string text : {"3\r\nabc\r\n0\r\n\r\n", "0\r\n\r\n"}) {
            const LoopbackServer server([&](Peer& peer) {
                peer.handshake("localhost");
                peer.read_head();
                // One TLS record, and so one read, a byte.
                for (const char c : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + text)
                    peer.write(std::string(1, c));
            });
            const HttpClient client({.ca_file = CERTIFICATES "/ca.pem"});
            const HttpOrigin origin{.host = "localhost", .port = server.port()};
            CHECK(client.exchange_blocking(origin, get()).body ==
                  (text.starts_with('3') ? "abc" : ""));
        }
    }

    TEST_CASE("a file is sent over TLS") {
        const ScratchDirectory directory;
        const std::string content(300'000, 'x');
        const LoopbackServer server([&](Peer& peer) {
            peer.handshake("localhost");
            peer.read_head();
            const bool is_whole = peer.read(content.size()) == content;
            peer.write(ok_response(is_whole ? "whole" : "broken"));
        });
        const HttpClient client({.ca_file = CERTIFICATES "/ca.pem"});
        const HttpRequest put{.method = "PUT",
                              .body_file = with_content(directory / "file", content)};
        const HttpOrigin origin{.host = "localhost", .port = server.port()};
        CHECK(client.exchange_blocking(origin, put).body == "whole");
    }

    TEST_CASE("a file without certificates is refused at once") {
        CHECK_THROWS_AS(HttpClient({.ca_file = "no such file"}), boost::system::system_error);
    }
}
