// An urgent job goes before those that came shortly before it, and after one that has waited longer
// than its head start.
#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using asyncjobs::JsonText;

int main() {
    asyncjobs::MemoryJobStore store;
    asyncjobs::Client client(store);
    const auto now = std::chrono::floor<asyncjobs::Duration>(std::chrono::system_clock::now());
    std::vector<asyncjobs::JobId> ids;
    const auto submit = [&](const char* name, asyncjobs::Duration waited, int priority) {
        ids.push_back(client
                          .submit({.type = "print",
                                   .input = JsonText::parse(fmt::format("\"{}\"", name)),
                                   .priority = priority,
                                   .run_at = now - waited})
                          .id);
    };
    submit("for 2 minutes", 2min, 0);
    submit("for 8 minutes", 8min, 0);
    submit("urgent", 0min, 5); // five minutes ahead

    std::vector<std::string> order;
    asyncjobs::Executor executor(store, {.concurrency = 1});
    executor.handle("print", [&](const JsonText& name, asyncjobs::ProgressReporter&) {
        order.push_back(name.text());
        return JsonText();
    });
    executor.start();
    for (const auto& id : ids) client.wait(id, 10s);
    executor.stop();
    fmt::print("{}\n", fmt::join(order, ", "));
}
