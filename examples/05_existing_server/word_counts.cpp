#include "word_counts.hpp"

#include <asyncjobs/http/file_response.hpp>

#include <condition_variable>
#include <mutex>
#include <sstream>
#include <stdexcept>

namespace http = asyncjobs::http;

asyncjobs::JsonText count_words(const WordCount& in, asyncjobs::ProgressReporter& progress) {
    const std::chrono::milliseconds pause(in.milliseconds_per_word);
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    std::istringstream words(in.text);
    int count = 0;
    for (std::string word; words >> word; ++count) {
        never.wait_for(lock, progress.stop_token(), pause, [] { return false; });
        progress.check();
    }
    return asyncjobs::json::serialize(count);
}

HostOptions read_options(int argc, char** argv) {
    HostOptions options;
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
        const auto colon = value.rfind(':');
        if (name == "--listen" && colon != value.npos) {
            const int port = std::stoi(value.substr(colon + 1));
            if (port < 0 || port > 65535) throw std::invalid_argument("the port is out of range");
            options.address = value.substr(0, colon);
            options.port = static_cast<std::uint16_t>(port);
        } else if (name == "--manual" && !value.empty()) {
            options.manual = value;
        } else {
            throw std::invalid_argument("usage: [--listen ADDRESS:PORT] [--manual FILE]");
        }
    }
    return options;
}

http::ApiOptions api_options() {
    return {.authenticator = [](const http::Request& request) -> std::optional<http::Principal> {
        const std::string* credentials = request.headers.find("Authorization");
        if (!credentials || !credentials->starts_with("Bearer ") || credentials->size() == 7)
            return std::nullopt;
        return http::Principal{.owner = credentials->substr(7)};
    }};
}

void add_routes(http::JobApi& api, const std::string& manual) {
    api.submit_route<WordCount>("/word-counts", {.required = {"text"}});
    api.route("GET", "/manual",
              [manual](const http::Call& call) {
                  return http::file_response(call.request,
                                             {.path = manual, .content_type = "text/plain"});
              },
              {.authenticate = false});
}
