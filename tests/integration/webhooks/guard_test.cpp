#include "delivering_host.hpp"

#include <latch>

namespace {

JobError first_error(DeliveringHost& host, const JobId& delivery) {
    auto job = host.client.find(delivery);
    while (!job->error && !is_finished(job->status)) job = host.client.find(delivery);
    REQUIRE(job->error);
    return *job->error;
}

/// The error of the only delivery to `url`.
JobError error_at(const Receiver& receiver, const std::string& url, WebhookOptions options) {
    options.ports = {receiver.port()};
    options.retry_delays = {30 * 24h};
    DeliveringHost host(std::move(options));
    host.webhooks.set_endpoint("ann", {.name = "crm", .url = url});
    host.executor.start();
    return first_error(host, host.submit());
}

} // namespace

TEST_CASE("only public addresses are connected to") {
    Receiver receiver("localhost", always(200));
    auto options = to_loopback(receiver);
    for (const char* host : {"localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
        CAPTURE(std::string(host));
        options.allow_private_addresses = false;
        options.retry_delays = {30 * 24h};
        DeliveringHost stricter(options);
        options.allow_private_addresses = true; // when it was set
        Webhooks(stricter.store, options)
            .set_endpoint("ann", {.name = "crm", .url = receiver.url(host)});
        stricter.executor.start();
        const auto error = first_error(stricter, stricter.submit());
        CHECK(error.code == "webhook_forbidden");
        CHECK(error.message == "the receiver's address is not public");
    }
    CHECK(receiver.connections() == 0);
}

TEST_CASE("a certificate must be for the host, from a trusted authority and valid now") {
    for (const char* certificate : {"elsewhere", "stranger", "past"}) {
        CAPTURE(std::string(certificate));
        Receiver receiver(certificate, always(200));
        const auto error = error_at(receiver, receiver.url(), to_loopback(receiver));
        CHECK(error.code == "webhook_unreachable");
        CHECK(error.message.find("certificate") != std::string::npos);
        CHECK(receiver.unread() == 0);
    }
}

TEST_CASE("a certificate may be for an address") {
    Receiver receiver("localhost", always(200));
    DeliveringHost host(to_loopback(receiver));
    CHECK(host.deliver_to(receiver.url("127.0.0.1")).status == JobStatus::completed);
}

TEST_CASE("an unknown authority is not trusted") {
    Receiver receiver("localhost", always(200));
    auto options = to_loopback(receiver);
    options.ca_file.clear();
    CHECK(error_at(receiver, receiver.url(), options).code == "webhook_unreachable");
    CHECK(receiver.unread() == 0);
}

TEST_CASE("TLS below 1.2 is refused") {
    Receiver receiver("localhost", always(200), boost::asio::ssl::context::tlsv11_server);
    CHECK(error_at(receiver, receiver.url(), to_loopback(receiver)).code == "webhook_unreachable");
    CHECK(receiver.unread() == 0);
}

TEST_CASE("http is used only if it is allowed") {
    Receiver receiver("", always(200));
    auto options = to_loopback(receiver);
    options.allow_http = true;
    DeliveringHost host(options);
    CHECK(host.deliver_to(receiver.url()).status == JobStatus::completed);
    CHECK(receiver.next().method_string() == "POST");
}

TEST_CASE("stricter rules apply to pending deliveries") {
    Receiver receiver("", always(200));
    auto options = to_loopback(receiver);
    options.allow_http = true;
    DeliveringHost host(options);
    host.webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()});
    const auto id = host.submit();

    options.allow_http = false;
    Webhooks stricter(host.store, options);
    Executor executor(host.store, {.queues = {"default", "webhooks"}});
    executor.handle("report", [](const JsonText&, ProgressReporter&) { return JsonText(); });
    stricter.deliver_with(executor);
    executor.start();
    CHECK(host.finished(id).error->code == "webhook_forbidden");
    executor.stop();
    CHECK(receiver.connections() == 0);
}

TEST_CASE("a receiver that does not respond in time is a timeout") {
    std::latch end(1);
    Receiver receiver("localhost", [&](const Receiver::Request&) {
        end.wait();
        return response(200);
    });
    auto options = to_loopback(receiver);
    options.timeout = 300ms;
    CHECK(error_at(receiver, receiver.url(), options).code == "webhook_timeout");
    end.count_down();
}

TEST_CASE("only the head of a response is read") {
    Receiver endless("localhost", [](const Receiver::Request&) {
        return response(200, {}, std::string(64 * 1024 * 1024, 'x'));
    });
    DeliveringHost host(to_loopback(endless));
    CHECK(host.deliver_to(endless.url()).status == JobStatus::completed);

    Receiver long_head("localhost", always(200, "X: " + std::string(20'000, 'x') + "\r\n"));
    CHECK(error_at(long_head, long_head.url(), to_loopback(long_head)).code ==
          "webhook_unreachable");
}

TEST_CASE("an interim or malformed response does not count") {
    Receiver early("localhost", [](const Receiver::Request&) {
        return "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + response(500);
    });
    CHECK(error_at(early, early.url(), to_loopback(early)).message == "the receiver returned 500");
    Receiver nonsense("localhost", [](const Receiver::Request&) { return "SSH-2.0-x\r\n"; });
    CHECK(error_at(nonsense, nonsense.url(), to_loopback(nonsense)).code == "webhook_unreachable");
}

TEST_CASE("a delivery can be cancelled while it waits for its receiver") {
    std::latch end(1);
    Receiver receiver("localhost", [&](const Receiver::Request&) {
        end.wait();
        return response(200);
    });
    DeliveringHost host(to_loopback(receiver));
    host.webhooks.set_endpoint("ann", {.name = "crm", .url = receiver.url()});
    host.executor.start();
    const auto id = host.submit();
    receiver.next();
    host.client.cancel(id);
    CHECK(host.finished(id).status == JobStatus::cancelled);
    end.count_down();
}

TEST_CASE("an unknown host fails only the attempt") {
    Receiver receiver("localhost", always(200));
    const auto port = std::to_string(receiver.port());
    CHECK(
        error_at(receiver, "https://no-such-host.test:" + port + "/", to_loopback(receiver)).code ==
        "webhook_unreachable");
}
