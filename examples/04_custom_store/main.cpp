// A custom storage backend: FileJobStore, the conformance suite that it passes, and jobs that run
// on it.

#include "file_job_store.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/testing/conformance.hpp>

#include <cstdlib>
#include <iostream>

namespace {

/// A folder that exists as long as this object.
class ScratchFolder {
public:
    ScratchFolder() {
        auto name = (std::filesystem::temp_directory_path() / "asyncjobs-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("can't make a folder for the jobs");
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    std::filesystem::path file(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

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
    try {
        const ScratchFolder folder;
        const bool conforms = check_conformance(folder.file("conformance.jsonl")) == 0;
        return run_jobs(folder.file("jobs.jsonl")) && conforms ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
