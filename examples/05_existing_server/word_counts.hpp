// Shared by the hosts of examples 05 and 20: a job, a login, and a file to send.

#pragma once

#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/progress_reporter.hpp>

#include <cstdint>
#include <string>

struct WordCount {
    static constexpr std::string_view type = "word_count";
    std::string text = {};
    std::uint16_t milliseconds_per_word = 0;
};
BOOST_DESCRIBE_STRUCT(WordCount, (), (text, milliseconds_per_word))

asyncjobs::JsonText count_words(const WordCount& in, asyncjobs::ProgressReporter& progress);

/// `--listen ADDRESS:PORT --manual FILE`; port 0 takes a free one.
struct HostOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;
    std::string manual = {};
};

/// Throws std::invalid_argument.
HostOptions read_options(int argc, char** argv);

/// For the example only: accepts any bearer token as the owner's name.
asyncjobs::http::ApiOptions api_options();

/// Adds a route that submits jobs, and one for the manual as a file.
void add_routes(asyncjobs::http::JobApi& api, const std::string& manual);
