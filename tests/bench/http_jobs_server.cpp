#include "http_servers.hpp"
#include "subject.hpp"

#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/client.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <fmt/format.h>

namespace bench {
namespace {

using namespace asyncjobs;

constexpr std::string_view token = "a1b2c3d4e5f6";

NewJob waiting() {
    NewJob job{.type = "report", .owner = "42"};
    job.input = JsonText::trusted(input());
    return job;
}

std::optional<http::Principal> authenticate(const http::Request& request) {
    const auto* given = request.headers.find("Authorization");
    if (!given || !given->ends_with(token)) return std::nullopt;
    return http::Principal{.owner = "42"};
}

http::ApiOptions api_options(const Serving& how) {
    http::ApiOptions options{
        .authenticator = authenticate, .authenticator_blocks = false, .threads = how.api_threads};
    options.max_streams = options.max_streams_per_owner = how.jobs;
    return options;
}

beast::ServerOptions server_options(const Serving& how) {
    beast::ServerOptions options{.io_threads = how.io_threads};
    options.max_connections = options.max_connections_per_address = how.jobs + 1000;
    return options;
}

} // namespace

std::string request_of(const std::string& method, const std::string& target,
                       const std::string& fields, const std::string& body) {
    std::string length;
    if (!body.empty())
        length =
            fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", body.size());
    return fmt::format(
        "{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n{}{}\r\n{}", method,
        target, token, fields, length, body);
}

void serve_jobs(Channel& channel, const std::string& url, const Serving& how) {
    const auto store = open_store(url);
    Client client(*store);
    http::JobApi api(client, api_options(how));
    api.submit_route("/reports", {.job = {.type = "report"}});
    std::string ids;
    for (std::size_t done = 0; done < how.jobs;) {
        const auto count = std::min<std::size_t>(how.jobs - done, 1000);
        for (const auto& job : client.submit(std::vector<NewJob>(count, waiting())))
            ids += std::string(job.id.text()) + ' ';
        done += count;
    }
    beast::Server server(api, server_options(how));
    server.start();
    channel.send_line(std::to_string(server.port()));
    channel.send_line(ids);
    channel.receive_line_if_any(); // until it ends
}

void serve_submits(Channel& channel, const std::string& response, const std::string& url,
                   const Serving& how, std::size_t threads) {
    const auto store = open_store(url);
    Client client(*store);
    serve_bare(channel, response, how,
               {.threads = threads, .work = [&client](const std::string& body) {
                    client.submit(
                        {.type = "report", .input = JsonText::parse(body), .owner = "42"});
                }});
}

void submit_to_store(Channel& channel, const std::string& url, std::size_t threads) {
    const auto store = open_store(url);
    Client client(*store);
    channel.send_line("ready");
    while (const auto wanted = channel.receive_line_if_any()) {
        const double seconds = std::stod(*wanted);
        const auto submit = [&client](unsigned) {
            return [&client] {
                client.submit(waiting());
                return std::size_t{1};
            };
        };
        channel.send_line(fmt::format(
            "{}", rate_of_threads(static_cast<unsigned>(threads), 1'000'000'000, seconds, submit)));
    }
}

} // namespace bench
