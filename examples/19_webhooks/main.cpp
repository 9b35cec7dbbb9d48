// Signed webhooks notify a receiver of the outcomes of two jobs; a delivery that it refused is
// retried. Here the receiver is part of this program, on a private address and without TLS, so the
// options must allow both.

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/webhooks/signature.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include <string_view>
#include <utility>

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
namespace http = boost::beast::http;

http::request<http::string_body> receive_one(tcp::acceptor& acceptor, std::string_view status) {
    auto socket = acceptor.accept();
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::read(socket, buffer, request);
    boost::asio::write(socket, boost::asio::buffer(fmt::format(
                                   "HTTP/1.1 {}\r\nContent-Length: 0\r\n\r\n", status)));
    return request;
}

bool is_authentic(const http::request<http::string_body>& request, const std::string& secret) {
    const std::chrono::sys_seconds at{
        std::chrono::seconds{std::stoll(std::string(request["webhook-timestamp"]))}};
    const std::string id(request["webhook-id"]);
    return asyncjobs::webhooks::sign(id, at, request.body(), {&secret, 1}) ==
           request["webhook-signature"];
}

int main() {
    boost::asio::io_context context;
    tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    const auto port = acceptor.local_endpoint().port();

    asyncjobs::MemoryJobStore store;
    asyncjobs::Webhooks webhooks(store, {.status_url_prefix = "https://api.example.com/v1/jobs/",
                                         .retry_delays = {10ms, 1min},
                                         .ports = {port},
                                         .allow_http = true,
                                         .allow_private_addresses = true});
    asyncjobs::Executor executor(store, {.queues = {"default", "webhooks"}});
    executor.handle("report", [](const auto& input, asyncjobs::ProgressReporter&) {
        if (input.text() == "13") throw asyncjobs::JobFailure("E7005", "No orders.").permanent();
        return asyncjobs::JsonText();
    });
    webhooks.deliver_with(executor);
    executor.start();

    const auto url = fmt::format("http://127.0.0.1:{}/hooks", port);
    const auto secret =
        webhooks.set_endpoint("ann", {.name = "crm", .url = url}).secrets.front().text;
    std::string_view status = "503 Service Unavailable";
    for (const char* month : {"1", "13"}) {
        webhooks.submit(
            {.type = "report", .input = asyncjobs::JsonText::parse(month), .owner = "ann"});
        do {
            const auto request = receive_one(acceptor, status);
            const auto body = asyncjobs::json::to_value(asyncjobs::JsonText::parse(request.body()));
            fmt::print("{}, authentic: {}, response {}\n",
                       std::string_view(body.at("type").as_string()), is_authentic(request, secret),
                       status);
        } while (std::exchange(status, "204 No Content") != "204 No Content");
    }
    executor.stop(10s);
}
