#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/operations/routes.hpp>
#include <asyncjobs/store/forwarding_job_store.hpp>
#include <asyncjobs/store/intercepting_operator_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace operator_test {

using namespace asyncjobs;
using operations::Right;
using operations::Rights;

/// A request of the operator `ann`, with a token unless other fields are given.
struct Ask {
    std::string method = "GET";
    std::string target = {};
    std::string body = {};
    http::Headers headers = {{"Authorization", "Bearer ann"}};
};

/// The API with the routes of operators, on a store in memory, without a server.
struct OperatorApi {
    explicit OperatorApi(operations::Options options = {})
        : OperatorApi(std::move(options), nullptr) {}
    /// On a store of the test.
    OperatorApi(operations::Options options, std::unique_ptr<JobStore> store)
        : other(std::move(store)) {
        if (!options.rights) options.rights = [this](const http::Principal&) { return rights; };
        operations::add_routes(api, client, jobs(), std::move(options));
    }

    JobStore& jobs() { return other ? *other : memory; }

    http::Response ask(Ask ask) {
        http::Request request{
            .method = ask.method, .target = "/v1/operator" + ask.target, .headers = ask.headers};
        if (!ask.body.empty()) request.headers.add("Content-Type", "application/json");
        request.body = std::move(ask.body);
        std::optional<http::Response> response;
        api.handle(std::move(request), [&](http::Response one) { response = std::move(one); });
        REQUIRE(response);
        return *std::move(response);
    }
    http::Response get(std::string target) { return ask({.target = std::move(target)}); }
    http::Response post(std::string target, std::string body = {}) {
        return ask({.method = "POST", .target = std::move(target), .body = std::move(body)});
    }

    JobId submit(NewJob job = {}) {
        if (job.type.empty()) job.type = "report";
        return client.submit(std::move(job)).id;
    }
    /// Claims the first job of the queue, and lets it fail.
    void fail_next(const std::string& code, const std::string& queue = "default") {
        const std::vector<std::string> queues = {queue};
        const auto claimed =
            jobs().claim({.worker = "worker", .queues = queues, .limit = 1}).claimed;
        REQUIRE(claimed.size() == 1);
        const auto failed =
            Settlement::failed(claimed[0].lease, {.code = code, .message = "no", .details = {}});
        REQUIRE(jobs().settle({&failed, 1})[0].accepted);
    }

    std::unique_ptr<JobStore> other;
    MemoryJobStore memory;
    Client client{jobs()};
    Rights rights = operations::admin;
    http::JobApi api{client,
                     {.authenticator =
                          [](const http::Request& request) {
                              const auto* token = request.headers.find("Authorization");
                              return http::Principal{.owner = token ? token->substr(7) : "ann"};
                          },
                      .threads = 0}};
};

inline boost::json::value document(const http::Response& response) {
    return boost::json::parse(std::get<std::string>(response.body));
}

/// Reads a stream.
class StreamReader {
public:
    explicit StreamReader(const http::Response& response) {
        REQUIRE(response.status == 200);
        stream_ = std::get<std::shared_ptr<http::BodyStream>>(response.body);
    }

    /// Requests the next piece, which next() returns.
    void request() {
        const auto piece = std::make_shared<std::promise<std::optional<std::string>>>();
        requested_ = piece->get_future();
        stream_->next([piece](std::optional<std::string> text) { piece->set_value(text); });
    }
    /// Whether the requested piece is there.
    bool has_next() const {
        return requested_.wait_for(std::chrono::seconds::zero()) == std::future_status::ready;
    }
    /// The next piece; empty at the end. Throws if the body is broken off.
    std::optional<std::string> next() {
        if (!requested_.valid()) request();
        return requested_.get();
    }
    /// The next event, without lines for the client and comments; empty at the end.
    std::optional<std::string> next_event() {
        for (;;) {
            auto piece = next();
            if (!piece || piece->find("event: ") != std::string::npos) return piece;
        }
    }
    /// The data of the next event.
    boost::json::value next_data() {
        const auto event = next_event().value();
        const auto data = event.find("data: ") + 6;
        return boost::json::parse(event.substr(data, event.find('\n', data) - data));
    }
    /// What follows, to the end.
    std::string rest() {
        std::string all;
        while (const auto piece = next()) all += *piece;
        return all;
    }

private:
    std::shared_ptr<http::BodyStream> stream_;
    std::future<std::optional<std::string>> requested_;
};

/// Counts the calls of a member of the operators' store, which can fail.
class CountingStore final : public ForwardingJobStore {
public:
    CountingStore(JobStore& store, std::string member)
        : ForwardingJobStore(store), member_(std::move(member)) {}
    OperatorStore* operators() noexcept override { return &operators_; }

    std::atomic<int> calls = 0;
    std::atomic<bool> fails = false;

private:
    friend InterceptingOperatorStore<CountingStore>;
    auto intercept(std::string_view member, const auto& call) {
        if (member == "operators." + member_) {
            ++calls;
            if (fails) throw Error(Errc::store_unavailable, "the store is away");
        }
        return call(inner());
    }

    const std::string member_;
    InterceptingOperatorStore<CountingStore> operators_{*this};
};

/// The ids of the jobs in a list.
inline std::vector<std::string> ids_in(const boost::json::value& list) {
    std::vector<std::string> ids;
    for (const auto& job : list.at("jobs").as_array())
        ids.emplace_back(job.at("job_id").as_string());
    return ids;
}

inline std::string text(const JobId& id) { return std::string(id.text()); }

} // namespace operator_test
