// Submits with the same unique key: kept, replaced and refused.

#include <asyncjobs/asyncjobs.hpp>

#include <fmt/format.h>

using namespace std::chrono_literals;

asyncjobs::NewJob reindex(std::string customer, int version) {
    return {.type = "reindex",
            .input = asyncjobs::JsonText::parse(
                fmt::format(R"({{"customer":"{}","version":{}}})", customer, version)),
            .delay = 50ms,
            .unique_by = asyncjobs::UniqueBy{.members = {"/customer"}}};
}

int main() {
    asyncjobs::MemoryJobStore store;
    asyncjobs::Client client(store);

    const auto first = client.submit(reindex("acme", 1)).id;
    const auto second = client.submit(reindex("acme", 2)).id;
    fmt::print("submitted again: {}\n", first == second ? "the same job" : "another job");

    auto newer = reindex("acme", 3);
    newer.on_conflict = asyncjobs::OnConflict::replace;
    client.submit(std::move(newer));
    fmt::print("replaced: {}\n", client.find(first).value().input.text());

    auto strict = reindex("acme", 4);
    strict.on_conflict = asyncjobs::OnConflict::refuse;
    try {
        client.submit(std::move(strict));
    } catch (const asyncjobs::Error& error) {
        fmt::print("refused: {}\n", error.code() == asyncjobs::Condition::conflict);
    }

    asyncjobs::Executor executor(store);
    executor.handle("reindex", [](const asyncjobs::JsonText& input, asyncjobs::ProgressReporter&) {
        fmt::print("runs: {}\n", input.text());
        return asyncjobs::JsonText();
    });
    executor.start();
    client.wait(first, 10s);
}
