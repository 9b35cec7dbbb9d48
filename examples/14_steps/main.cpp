// A handler that fails half way: its second attempt continues after the last recorded step.

#include <asyncjobs/asyncjobs.hpp>

#include <fmt/format.h>

using namespace std::chrono_literals;

int main() {
    asyncjobs::MemoryJobStore store;
    asyncjobs::Executor executor(store);
    bool network_is_up = false;
    executor.handle("export",
                    [&](const asyncjobs::JsonText&, asyncjobs::JobContext& context) {
                        const auto rows = context.step("read", [] {
                            fmt::print("reading\n");
                            return 1200;
                        });
                        context.step("upload", [&] {
                            fmt::print("uploading {} rows\n", rows);
                            if (!std::exchange(network_is_up, true))
                                throw asyncjobs::JobFailure("E503");
                        });
                        return asyncjobs::JsonText::parse(R"({"uploaded":true})");
                    },
                    {.retry = asyncjobs::RetryPolicy::fixed(10ms)});
    executor.start();

    asyncjobs::Client client(store);
    const auto id = client.submit(asyncjobs::NewJob{.type = "export"}).id;
    const auto job = client.wait(id, 10s).value();
    fmt::print("attempt {}: {}\n", job.attempt, asyncjobs::to_string(job.status));
    for (const auto& step : job.steps) fmt::print("{}: {}\n", step.name, step.result.text());
}
