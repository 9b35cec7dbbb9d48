#include "job.hpp"

#include <asyncjobs/testing/harness.hpp>

#include <memory>

using asyncjobs::Client;
using asyncjobs::Executor;

namespace mistake_1 {
struct Undescribed {
    static constexpr std::string_view type = "undescribed";
    int value = 0;
};
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
void submit(Client& client) { client.submit(Undescribed{}); }
} // namespace mistake_1

namespace mistake_2 {
struct Undescribed {
    static constexpr std::string_view type = "undescribed";
    int value = 0;
};
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
void handle(Executor& executor) {
    executor.handle<Undescribed>([](const Undescribed&) { return 1; });
}
} // namespace mistake_2

namespace mistake_3 {
struct Undescribed {
    static constexpr std::string_view type = "undescribed";
};
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
asyncjobs::NewJob job() { return asyncjobs::new_job(Undescribed{}); }
} // namespace mistake_3

namespace mistake_4 {
struct Undescribed {
    static constexpr std::string_view type = "undescribed";
};
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
void run(asyncjobs::testing::Harness& harness) { harness.run(Undescribed{}); }
} // namespace mistake_4

namespace mistake_5 {
struct Undescribed {
    static constexpr std::string_view type = "undescribed";
};
// remedy: describe the struct that is the job's input: BOOST_DESCRIBE_STRUCT(
void submitted(asyncjobs::testing::Harness& harness) { harness.submitted<Undescribed>(); }
} // namespace mistake_5

namespace mistake_6 {
struct Nameless {
    int value = 0;
};
BOOST_DESCRIBE_STRUCT(Nameless, (), (value))
// remedy: name the job's type in the struct that is its input
void submit(Client& client) { client.submit(Nameless{}, {.queue = "reports"}); }
} // namespace mistake_6

namespace mistake_7 {
// remedy: several jobs are a std::vector<asyncjobs::NewJob>, each made by asyncjobs::new_job(input)
void submit(Client& client, const std::vector<Report>& reports) { client.submit(reports); }
} // namespace mistake_7

namespace mistake_8 {
// remedy: a job's input is one struct, described by BOOST_DESCRIBE_STRUCT
void submit(Client& client) { client.submit("report"); }
} // namespace mistake_8

namespace mistake_9 {
// remedy: a duration is given with its unit: 30s, std::chrono::seconds{30}
void submit(Client& client) { client.submit({.type = "report", .timeout = 30}); }
} // namespace mistake_9

namespace mistake_10 {
// remedy: a time is a point, not a span: std::chrono::system_clock::now() + 5s
void submit(Client& client) {
    client.submit({.type = "report", .run_at = std::chrono::seconds{5}});
}
} // namespace mistake_10

namespace mistake_11 {
// remedy: a time is one of std::chrono::system_clock
void submit(Client& client) {
    client.submit({.type = "report", .run_at = std::chrono::steady_clock::now()});
}
} // namespace mistake_11
