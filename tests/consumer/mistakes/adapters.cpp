#include "job.hpp"

#include <asyncjobs/http/job_api.hpp>
#include <asyncjobs/schedules/scheduler.hpp>
#include <asyncjobs/soci/host_transaction.hpp>

#include <boost/asio/awaitable.hpp>

namespace http = asyncjobs::http;

template <int number>
struct Undescribed {
    static constexpr std::string_view type = "undescribed";
};

namespace mistake_1 {
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
void route(http::JobApi& api) { api.submit_route<Undescribed<1>>("/reports"); }
} // namespace mistake_1

namespace mistake_2 {
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
void route(http::JobApi& api) {
    api.submit_route("/reports", http::SubmitRoute<Undescribed<2>>{.job = {.queue = "reports"}});
}
} // namespace mistake_2

namespace mistake_3 {
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
void route(http::JobApi& api) { api.allow_generic<Undescribed<3>>({.job = {.queue = "reports"}}); }
} // namespace mistake_3

namespace mistake_4 {
struct Nameless {
    int value = 0;
};
BOOST_DESCRIBE_STRUCT(Nameless, (), (value))
// remedy: name the job's type in the struct that is its input
void route(http::JobApi& api) { api.submit_route<Nameless>("/reports"); }
} // namespace mistake_4

namespace mistake_5 {
struct Inner {};
struct Outer {
    static constexpr std::string_view type = "outer";
    Inner inner;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (inner))
// remedy: asyncjobs has no JSON conversion for this type: describe a struct with
void route(http::JobApi& api) { api.submit_route<Outer>("/reports"); }
} // namespace mistake_5

namespace mistake_6 {
// remedy: describe the struct that a document is read into: BOOST_DESCRIBE_STRUCT(
Undescribed<6> read(const http::Request& request) {
    return http::read_document<Undescribed<6>>(request);
}
} // namespace mistake_6

namespace mistake_7 {
// remedy: a route's handler is called as handler(const asyncjobs::http::Call&)
void route(http::JobApi& api) {
    api.route("GET", "/about", [](const http::Call&) { return "about"; });
}
} // namespace mistake_7

namespace mistake_8 {
// remedy: it is no coroutine
void route(http::JobApi& api) {
    api.route("GET", "/about", [](const http::Call&) -> boost::asio::awaitable<http::Response> {
        co_return http::Response{};
    });
}
} // namespace mistake_8

namespace mistake_9 {
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
void set(asyncjobs::Scheduler& scheduler, const asyncjobs::Schedule& schedule) {
    scheduler.set("daily", Undescribed<9>{}, schedule);
}
} // namespace mistake_9

namespace mistake_10 {
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
void submit(soci::session& session) { asyncjobs::submit(session, Undescribed<10>{}); }
} // namespace mistake_10
