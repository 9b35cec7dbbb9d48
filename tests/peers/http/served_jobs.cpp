// Serves a job API over a memory store to third-party tools; commands on standard input play the
// worker. Usage: served_jobs [OPTION=VALUE...]
//
// Prints its URL, then a line for each line of its input: `ok` and the result, or `error` and the
// reason. Ends with its input.
//
//   start                         claims the oldest waiting job, and prints its id
//   report ID PERCENT MESSAGE     reports progress
//   complete ID RESULT            or: fail ID MESSAGE
//   drain                         as before a shutdown
//   connections                   prints the number of connections

#include "../../integration/http/served_api.hpp"

#include <asyncjobs/http/bearer_token.hpp>

#include <functional>
#include <iostream>
#include <map>
#include <sstream>

namespace {

using namespace asyncjobs;

/// Bearer tokens and cookies are the names of owners.
std::optional<http::Principal> login(const http::Request& request) {
    constexpr std::string_view session = "session=";
    const auto* cookie = request.headers.find("Cookie");
    if (!cookie || !cookie->starts_with(session)) return bearer_is_name(request);
    return http::Principal{.owner = cookie->substr(session.size())};
}

ServedOptions read_options(int argc, char** argv, std::string& file) {
    ServedOptions options{.api = {.authenticator = login}};
    const auto time = [](Duration& member) {
        return [&member](const std::string& text) {
            member = std::chrono::milliseconds{std::stoll(text)};
        };
    };
    const auto size = [](std::size_t& member) {
        return [&member](const std::string& text) { member = std::stoull(text); };
    };
    auto& api = options.api;
    auto& server = options.server;
    const std::map<std::string, std::function<void(const std::string&)>, std::less<>> known = {
        {"cors_origin", [&](const std::string& origin) { api.cors_origins.push_back(origin); }},
        {"cors_credentials", [&](const std::string&) { api.cors_credentials = true; }},
        {"submits_per_owner", size(api.submits_per_owner)},
        {"file", [&](const std::string& path) { file = path; }},
        {"heartbeat", time(api.heartbeat)},
        {"head_timeout", time(server.head_timeout)},
        {"body_timeout", time(server.body_timeout)},
        {"rate_grace", time(server.rate_grace)},
        {"write_timeout", time(server.write_timeout)},
        {"linger_timeout", time(server.linger_timeout)},
    };
    for (const std::string argument : std::vector(argv + 1, argv + argc)) {
        const auto equals = argument.find('=');
        known.at(argument.substr(0, equals))(argument.substr(equals + 1));
    }
    return options;
}

http::Response echo(const http::Call& call) { return {.body = '[' + call.request.body + ']'}; }

class Worker {
public:
    explicit Worker(ServedApi& served) : served_(served) {}

    std::string obey(const std::string& line) {
        std::istringstream words(line);
        std::string verb, id, rest;
        words >> verb;
        if (verb == "start") return start();
        if (verb == "connections") return std::to_string(served_.server.connections());
        if (verb == "drain") return served_.api.drain(), "";
        words >> id;
        const auto lease = leases_.at(id);
        int percent = 0;
        if (verb == "report") words >> percent;
        std::getline(words >> std::ws, rest);
        if (verb == "report") return report(lease, percent, rest);
        if (verb == "complete")
            return end(Settlement::completed(lease, JsonText::parse(std::move(rest))));
        if (verb == "fail") return end(Settlement::failed(lease, {"E1", std::move(rest)}));
        throw std::invalid_argument("an unknown command");
    }

private:
    std::string start() {
        const auto lease = served_.claim();
        std::string id(lease.id.text());
        leases_.emplace(id, lease);
        return id;
    }

    std::string report(const LeaseRef& lease, int percent, std::string message) {
        const Heartbeat beat{.lease = lease, .progress = Progress{percent, std::move(message)}};
        if (!served_.store.renew({&beat, 1}, std::chrono::hours{1}).front().kept)
            throw std::runtime_error("the lease is lost");
        return {};
    }

    std::string end(Settlement settlement) {
        served_.settle(std::move(settlement));
        return {};
    }

    ServedApi& served_;
    std::map<std::string, LeaseRef> leases_;
};

} // namespace

int main(int argc, char** argv) {
    std::string file; // the file to download, under any name
    ServedApi served(read_options(argc, argv, file));
    served.api.route("GET", "/files/{name}",
                     [&file](const http::Call& call) {
                         return http::file_response(call.request,
                                                    {.path = file,
                                                     .content_type = "text/plain",
                                                     .download_name = *call.path.find("name"),
                                                     .etag = "\"1\""});
                     },
                     {.authenticate = false});
    served.api.route("POST", "/echo", echo, {.authenticate = false});
    served.server.start();
    Worker worker(served);
    std::cout << "http://127.0.0.1:" << served.server.port() << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        try {
            std::cout << "ok " << worker.obey(line) << std::endl;
        } catch (const std::exception& error) {
            std::cout << "error " << error.what() << std::endl;
        }
    }
}
