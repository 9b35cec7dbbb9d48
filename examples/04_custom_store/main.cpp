// A custom storage backend: FileJobStore, the conformance suite that it passes, the model that it
// agrees with, and jobs that run on it.

#include "file_job_store.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/testing/conformance.hpp>
#include <asyncjobs/testing/differential.hpp>

#include <cstdlib>
#include <iostream>

namespace {

/// Returns how many cases fail.
int check_conformance(const std::filesystem::path& path) {
    asyncjobs::Duration moved{0};
    const asyncjobs::testing::StoreFactory factory{
        .reset = [=] { std::filesystem::remove(path); },
        .open =
            [&] {
                const auto clock = [&] { return FileJobStore::system_time() + moved; };
                return std::make_unique<FileJobStore>(path, clock);
            },
        .move_clock = [&](asyncjobs::Duration by) { moved += by; }};
    int failed = 0, total = 0;
    for (const auto& [name, run] : asyncjobs::testing::job_store_conformance(factory)) {
        ++total;
        try {
            run();
            std::cout << "ok    " << name << '\n';
        } catch (const std::exception& error) {
            ++failed;
            std::cout << "FAIL  " << name << "\n      " << error.what() << '\n';
        }
    }
    std::cout << total - failed << " of " << total << " cases hold\n";
    return failed;
}

/// Returns whether random calls on the store and on a model have the same results. A difference
/// names its seed: ASYNCJOBS_SEQUENCES=7 repeats the sequence with seed 7.
bool agrees_with_model(const std::filesystem::path& path) {
    asyncjobs::testing::DifferentialSubject subject;
    subject.reset = [=] { std::filesystem::remove(path); };
    subject.open = [&] { return std::make_unique<FileJobStore>(path, subject.clock); };
    const auto options = asyncjobs::testing::requested_sequences(20, 100);
    const auto difference = asyncjobs::testing::find_difference(subject, options);
    std::cout << (difference ? difference->text() : "it agrees with the model\n");
    return !difference;
}

/// Returns whether every job completed.
bool run_jobs(const std::filesystem::path& path) {
    using namespace std::chrono_literals;
    FileJobStore store(path);
    asyncjobs::Executor executor(store, {.concurrency = 2});
    executor.handle("double", [](const asyncjobs::JsonText& input, asyncjobs::ProgressReporter&) {
        return asyncjobs::JsonText::parse(std::to_string(2 * std::stoi(input.text())));
    });
    executor.start();

    asyncjobs::Client client(store);
    bool all = true;
    for (const char* input : {"1", "20", "300"}) {
        const auto id =
            client.submit({.type = "double", .input = asyncjobs::JsonText::parse(input)}).id;
        const auto job = client.wait(id, 10s);
        const bool done = job && job->result;
        all = all && done;
        std::cout << input << " doubled is " << (done ? job->result->text() : "not known") << '\n';
    }
    executor.stop();
    return all;
}

} // namespace

int main() {
    auto folder = (std::filesystem::temp_directory_path() / "asyncjobs-XXXXXX").string();
    if (!::mkdtemp(folder.data())) return EXIT_FAILURE;
    bool succeeds = false;
    try {
        const bool conforms = check_conformance(folder + "/conformance.jsonl") == 0;
        const bool agrees = agrees_with_model(folder + "/model.jsonl");
        succeeds = run_jobs(folder + "/jobs.jsonl") && conforms && agrees;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
    }
    std::filesystem::remove_all(folder);
    return succeeds ? EXIT_SUCCESS : EXIT_FAILURE;
}
