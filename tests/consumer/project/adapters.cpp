#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/auth/bearer_tokens.hpp>
#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/files/job_files.hpp>
#include <asyncjobs/files/local_file_store.hpp>
#include <asyncjobs/files/s3_file_store.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/operations/routes.hpp>
#include <asyncjobs/schedules/cron.hpp>
#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/testing/conformance.hpp>
#include <asyncjobs/webhooks/webhooks.hpp>

#include <iostream>

int main() {
    const auto store = asyncjobs::open_store("sqlite:consumer.db");
    asyncjobs::Executor executor{*store};
    executor.handle("echo", [](const auto& input, asyncjobs::ProgressReporter&) { return input; });
    executor.start();
    asyncjobs::Client client{*store};
    asyncjobs::http::JobApi api{client, {.authenticator = asyncjobs::auth::BearerTokens({})}};
    asyncjobs::operations::add_routes(api, client, *store,
                                      {.rights = [](const asyncjobs::http::Principal&) {
                                          return asyncjobs::operations::viewer;
                                      }});
    asyncjobs::beast::Server server{api};
    server.start();

    const auto submitted =
        client.submit({.type = "echo", .input = asyncjobs::JsonText::parse("[1]")});
    const auto job = client.wait(submitted.id, std::chrono::minutes{1});
    std::cout << job.value().result.value().text() << ", served at port " << server.port() << ", "
              << asyncjobs::testing::job_store_conformance({}).size() << " cases for stores\n";
    const asyncjobs::Cron nightly("0 3 * * *", "Europe/Berlin");
    const auto tonight = nightly.next_after(job->created_at);
    std::cout << "the next night is " << asyncjobs::to_rfc3339(tonight.value()) << '\n';
    asyncjobs::Webhooks webhooks{*store};
    std::cout << webhooks.endpoints("ann").size() << " endpoints\n";
    asyncjobs::files::LocalFileStore files{{.directory = "files", .secrets = {{}}}};
    asyncjobs::files::JobFiles kept{client, files};
    std::cout << "a file would be at " << files.url("report.pdf", job->created_at) << '\n';
    const asyncjobs::files::S3FileStore bucket{
        {.endpoint = "https://s3.example.com", .bucket = "reports", .credentials = [] {
             return asyncjobs::files::S3Credentials{"id", "secret"};
         }}};
    std::cout << "or at " << bucket.url("report.pdf", job->created_at + std::chrono::hours{1})
              << '\n';
    if (nightly != asyncjobs::Cron("0 3 * * *", "Europe/Berlin")) return 1;
    return job->result->text() == "[1]" && server.port() != 0 ? 0 : 1;
}
