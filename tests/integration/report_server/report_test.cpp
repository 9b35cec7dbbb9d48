#include "integration/webhooks/receiver.hpp"
#include "served_reports.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <string>
#include <vector>

namespace {

std::string pointers(const RawResponse& response) {
    std::string all;
    const auto document = ReportClient::document(response);
    for (const auto& error : document.at("errors").as_array())
        all += std::string(error.at("pointer").as_string()) + ' ';
    return all;
}

} // namespace

TEST_CASE("a report is accepted at once, and completed with a link to its file") {
    Server server;
    auto client = server.client();
    const auto accepted = client.ask(client.submission(january));
    CHECK(accepted.status == 202);
    const auto document = ReportClient::document(accepted);
    const std::string id(document.at("job_id").as_string());
    CHECK(accepted.header("Location") == "/v1/jobs/" + id);
    CHECK(std::stoi(accepted.header("Retry-After")) >= 1);
    CHECK(accepted.header("Cache-Control") == "no-store");

    const auto job = client.wait(id);
    REQUIRE(job.at("status").as_string() == "completed");
    CHECK(job.at("progress").as_int64() == 100);
    const auto file = client.download(job);
    CHECK(file.status == 200);
    CHECK(file.body == "country,invoices,lines,units,revenue\n"
                       "Spain,2,2,9,9.00\n"
                       "France,1,2,3,5.01\n"
                       "TOTAL,3,4,12,14.01\n");
    CHECK(job.at("result").at("size_bytes").as_int64() ==
          static_cast<std::int64_t>(file.body.size()));
}

TEST_CASE("a signed link serves ranges and HEAD, and a changed one nothing") {
    Server server;
    auto client = server.client();
    const auto job = client.wait(client.submit(january));
    const std::string url(job.at("result").at("file_url").as_string());
    CHECK(client.download(job, "Range: bytes=0-6\r\n").body == "country");
    auto other = server.client("unknown");
    CHECK(other.ask(other.get(url)).status == 200);
    auto forged = url;
    forged.back() = forged.back() == '0' ? '1' : '0';
    CHECK(client.ask(client.get(forged)).status == 403);
    CHECK(client.ask(client.get(url.substr(0, url.find('?')))).status == 403);
    const auto query = url.substr(url.find('?') + 1);
    const auto signature = query.substr(query.find("signature="));
    for (const std::string& repeated :
         {'&' + query, std::string("&expires=1"), '&' + signature, std::string("&signature=x")})
        CHECK(client.ask(client.get(url + repeated)).status == 400);
}

TEST_CASE("a link of an expired report returns 410") {
    Server server({"--retention", "1"});
    auto client = server.client();
    const auto job = client.wait(client.submit(january));
    const std::string url(job.at("result").at("file_url").as_string());
    auto response = client.ask(client.get(url));
    while (response.status == 200) response = client.ask(client.get(url));
    CHECK(response.status == 410);
}

TEST_CASE("a period without orders fails with E7005 in the language the request prefers") {
    Server server;
    auto client = server.client();
    constexpr std::string_view empty = R"({"from":"2012-01-01","to":"2012-01-31","format":"csv"})";
    const auto english = client.wait(client.submit(empty)).at("error").as_object();
    CHECK(english.at("code").as_string() == "E7005");
    CHECK(english.at("message").as_string() == "Report generation failed");
    const auto arabic =
        client.wait(client.submit(empty, "Accept-Language: ar\r\n")).at("error").as_object();
    CHECK(arabic.at("code").as_string() == "E7005");
    CHECK(arabic.at("message").as_string() == "فشل توليد التقرير");
    CHECK(arabic.at("details").as_string() == "بيانات غير كافية للفترة المحددة");
}

TEST_CASE("a request with violations gets all of them at once") {
    Server server;
    auto client = server.client();
    const auto refused = [&](std::string_view input) {
        const auto response = client.ask(client.submission(input));
        CHECK(response.status == 422);
        CHECK(response.header("Content-Type") == "application/problem+json");
        return pointers(response);
    };
    CHECK(refused(R"({"from":"2011-02-01","to":"2011-01-31","format":"csv"})") == "/from ");
    CHECK(refused(R"({"from":"2011-01-01","to":"2011-01-31","format":"doc"})") == "/format ");
    CHECK(refused("{}") == "/from /to /format ");
    CHECK(refused(R"({"from":"2011-02-30","to":7,"format":"csv"})") == "/to /from ");
    CHECK(client.ask(client.submission("{")).status == 400);
    CHECK(client.ask(client.submission(R"({"from":"a","from":"b"})")).status == 400);
}

TEST_CASE("a report is visible to its owner only") {
    Server server;
    auto client = server.client();
    const auto id = client.submit(january);
    auto stranger = server.client("other");
    CHECK(stranger.ask(stranger.get("/v1/jobs/" + id)).status == 404);
    auto unknown = server.client("wrong");
    CHECK(unknown.ask(unknown.get("/v1/jobs/" + id)).status == 401);
}

TEST_CASE("SIGHUP reloads the tokens, and keeps the old ones if that fails") {
    Server server;
    const auto status = [&](const std::string& token) {
        auto client = server.client(token);
        return client.ask(client.get("/v1/jobs")).status;
    };
    const auto reload = [&](std::string_view tokens) {
        with_content(server.tokens(), tokens);
        server.process().signal(SIGHUP);
    };
    CHECK(status("secret") == 200);
    CHECK(status("other") == 200);
    const auto bobs = token_file.substr(token_file.find('\n') + 1);
    reload(bobs);
    while (status("secret") == 200) {
    }
    CHECK(status("secret") == 401);
    CHECK(status("other") == 200);
    reload("nonsense\n");
    reload(token_file);
    while (status("secret") == 401) CHECK(status("other") == 200);
    CHECK(status("secret") == 200);
}

TEST_CASE("SIGTERM lets a running report finish and exits 0") {
    Server server;
    auto client = server.client();
    client.submit(january);
    CHECK(server.process().end(SIGTERM) == 0);
}

TEST_CASE("a thousand connections with garbage or nothing do not grow memory") {
    Server server;
    server.client().submit(january);
    const auto flood = [&] {
        std::deque<RawClient> connections;
        std::size_t responses = 0;
        for (int i = 0; i < 1000; ++i) {
            connections.emplace_back(server.process().port());
            if (i % 2 == 0) connections.back().send(std::string(4000, 'x') + "\r\n\r\n");
        }
        for (std::size_t i = 0; i < connections.size(); i += 2)
            responses += connections[i].receive_rest().starts_with("HTTP/1.1 ") ? 1 : 0;
        return responses;
    };
    CHECK(flood() == 500);
    const auto before = server.process().resident_kilobytes();
    for (int round = 0; round < 5; ++round) flood();
    const auto after = server.process().resident_kilobytes();
    CHECK(before > 0);
    CHECK(after < before + 4096);
    auto client = server.client();
    CHECK(client.wait(client.submit(january)).at("status").as_string() == "completed");
}

TEST_CASE("a finished report is reported to the webhook that its owner set over HTTP") {
    Receiver receiver("", always(204));
    Server server({"--private-webhooks", "--webhook-port", std::to_string(receiver.port())});
    auto client = server.client();
    const auto endpoint = fmt::format(R"({{"url": "{}"}})", receiver.url("127.0.0.1"));
    const auto made = client.ask(fmt::format(
        "PUT /v1/webhooks/crm HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer secret\r\n"
        "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        endpoint.size(), endpoint));
    CHECK(made.status == 201);

    const auto id = client.submit(january);
    const auto notification = boost::json::parse(receiver.next().body());
    CHECK(notification.at("type") == "job.completed");
    CHECK(notification.at("data").at("job_id").as_string() == id);
    CHECK(notification.at("data").at("status_url").as_string() == "/v1/jobs/" + id);
}
