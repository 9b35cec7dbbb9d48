#include "integration/child_process.hpp"
#include "scratch_directory.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include <sys/stat.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

/// A job that makes a file, the store that it is in, and workers on both.
struct Work {
    ScratchDirectory folder;
    std::string url = "sqlite:" + (folder / "jobs.db").string();
    std::unique_ptr<JobStore> store = open_store(url);
    Client client{*store};
    JobId job = client.submit({.type = "make", .retention = 1s}).id;
    Pipe out;

    std::unique_ptr<ChildProcess> worker(std::string mode) {
        return std::make_unique<ChildProcess>(
            std::vector<std::string>{FILE_WORKER, url, folder.path().string(), std::move(mode)},
            out.write_end());
    }

    std::vector<Job> removals() { return client.list({.type = "asyncjobs.remove_file"}).jobs; }

    /// Those that were submitted until now.
    bool wait_for_removals() {
        for (const auto& removal : removals()) {
            const auto job_then = client.wait(removal.id, 60s);
            if (!job_then || job_then->status != JobStatus::completed) return false;
        }
        return true;
    }

    std::vector<std::string> stored() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder / "files"))
            names.push_back(entry.path().filename().string());
        return names;
    }
};

void age(const std::filesystem::path& file) {
    std::filesystem::last_write_time(file, std::filesystem::last_write_time(file) - 48h);
}

} // namespace

TEST_CASE_FIXTURE(Work,
                  "an upload that kill -9 interrupted leaves no file, nor does its successor") {
    REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
    auto victim = worker("fifo");
    std::ofstream half(folder / "fifo", std::ios::binary);
    half << std::string(1 << 20, 'x') << std::flush; // more than a pipe holds: the copy has begun
    CHECK(victim->end(SIGKILL) == -SIGKILL);

    REQUIRE(stored().size() == 1);
    CHECK(stored().front().starts_with(".partial-"));
    REQUIRE(removals().size() == 1);
    age(folder.path() / "files" / stored().front());
    const auto successor = worker("complete");
    CHECK(client.wait(job, 60s)->status == JobStatus::completed);
    CHECK(wait_for_removals());
    CHECK(stored() == std::vector<std::string>());
}

TEST_CASE_FIXTURE(Work, "the file of a killed attempt is removed when its job fails without one") {
    auto victim = worker("hang");
    std::string line(5, ' ');
    REQUIRE(::read(out.read_end(), line.data(), line.size()) == 5);
    REQUIRE(line == "kept\n");
    CHECK(victim->end(SIGKILL) == -SIGKILL);

    CHECK(stored().size() == 2); // with its info
    const auto successor = worker("fail");
    CHECK(client.wait(job, 60s)->status == JobStatus::failed);
    CHECK(wait_for_removals());
    CHECK(stored() == std::vector<std::string>());
}
