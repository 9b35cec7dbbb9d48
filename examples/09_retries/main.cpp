// A handler that can't reach a mail server at first: it snoozes, fails twice, and then succeeds.
// The job keeps the error of each failed attempt.

#include <asyncjobs/asyncjobs.hpp>

#include <fmt/format.h>

using namespace std::chrono_literals;

int main() {
    asyncjobs::MemoryJobStore store;
    asyncjobs::Executor executor(store);
    int calls = 0;
    executor.handle(
        "mail",
        [&calls](const asyncjobs::JsonText&, asyncjobs::ProgressReporter&) {
            switch (++calls) {
            case 1:
                throw asyncjobs::Snooze{100ms};
            case 2:
                throw asyncjobs::JobFailure("E4210", "The mailbox is busy.");
            case 3:
                throw asyncjobs::JobFailure("E4500", "Come back later.").retry_after(1ms);
            default:
                return asyncjobs::JsonText::parse(R"({"sent":true})");
            }
        },
        {.retry = asyncjobs::RetryPolicy::list({10ms, 50ms, 1s})});
    executor.start();

    asyncjobs::Client client(store);
    const auto id = client.submit(asyncjobs::NewJob{.type = "mail"}).id;
    const auto job = client.wait(id, 10s).value();
    for (const auto& error : job.attempt_errors)
        fmt::print("attempt {}: {} {}\n", error.attempt, error.code, error.message);
    fmt::print("attempt {}: {}\n", job.attempt, asyncjobs::to_string(job.status));
}
