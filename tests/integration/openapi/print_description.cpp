// Prints the description of an API that has one of everything. Usage: print_description [anonymous]

#include <asyncjobs/client.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/operations/routes.hpp>
#include <asyncjobs/schedules/scheduler.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/webhooks/routes.hpp>

#include <boost/describe.hpp>

#include <future>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace asyncjobs;

enum class Size { small, large };
BOOST_DESCRIBE_ENUM(Size, small, large)

struct Folder {
    std::string name = {};
    std::vector<Folder> folders = {};
};
BOOST_DESCRIBE_STRUCT(Folder, (), (name, folders))

struct Backup {
    static constexpr std::string_view type = "backup.make";
    Folder root = {};
    std::optional<Folder> also = {};
    std::optional<Size> size = {};
    std::map<std::string, double> weights = {};
    std::uint16_t copies = 1;
    float ratio = 0.5F;
    std::chrono::seconds pause{2};
    Timestamp not_before = {};
    std::optional<Timestamp> not_after = {};
    JsonText note = {};
    std::string requested_by = {};
};
BOOST_DESCRIBE_STRUCT(Backup, (),
                      (root, also, size, weights, copies, ratio, pause, not_before, not_after, note,
                       requested_by))

http::ApiOptions options(bool anonymous) {
    http::ApiOptions options{
        .public_base_url = "https://api.example.org",
        .allow_anonymous = anonymous,
        .openapi = {
            .title = "Backups",
            .info = JsonText::parse(R"({"description": "One of everything",
                        "license": {"name": "MIT", "url": "https://example.org/licence"}})"),
            .security_scheme = "key",
            .security =
                JsonText::parse(R"({"type": "apiKey", "in": "header", "name": "X-Api-Key"})"),
            .webhooks = true,
            .other_results = {JsonText::parse(R"({"type": "integer", "format": "int32"})")}}};
    options.companion_jobs = [](const NewJob&, const http::Call&) { return std::vector<NewJob>(); };
    options.companion_jobs_for_retry = [](const Job&, const http::Call&) {
        return std::vector<NewJob>();
    };
    if (!anonymous)
        options.authenticator = [](const http::Request&) {
            return std::optional<http::Principal>();
        };
    return options;
}

void declare_routes(http::JobApi& api) {
    const auto never = [](const http::Principal&) { return false; };
    const auto nothing = [](const http::Call&) { return http::Response{.status = 204}; };
    api.submit_route<Backup>("/backups", {.required = {"root"},
                                          .set_by_host = {"requested_by"},
                                          .permit = never,
                                          .result_schema = json::schema_of_serialized<Folder>()});
    api.submit_route("/notes", {.job = {.type = "note"},
                                .input_schema = JsonText::parse(R"({"type": "string"})"),
                                .operation = JsonText::parse(R"({"summary": "Write it down"})")});
    api.allow_generic<Backup>({.unknown_members = json::UnknownMembers::ignore});
    api.allow_generic({.job = {.type = "note"}, .required = {"text"}});
    api.route("GET", "/{tenant}/photos/{name}", nothing);
    api.route("PUT", "/{tenant}/photos/{name}", nothing, {.permit = never});
}

} // namespace

int main(int argc, char** argv) {
    MemoryJobStore store;
    Client client(store);
    http::JobApi api(client, options(argc > 1 && std::string_view(argv[1]) == "anonymous"));
    declare_routes(api);
    Webhooks endpoints(store);
    webhooks::add_routes(api, endpoints);
    Scheduler scheduler(store);
    operations::add_routes(api, client, store,
                           {.rights = [](const http::Principal&) { return operations::Rights(); },
                            .schedules = operations::schedules_of(scheduler),
                            .webhooks = operations::webhooks_of(endpoints),
                            .submit_types = {http::SubmitRoute<>{.job = {.type = "note"}}}});
    std::promise<http::Response> promise;
    api.handle({.method = "GET", .target = "/openapi.json"},
               [&](http::Response response) { promise.set_value(std::move(response)); });
    std::cout << std::get<std::string>(promise.get_future().get().body) << '\n';
}
