// Runs the jobs `make` of a store, whose files are in FOLDER/files. Usage: file_worker STORE FOLDER
// MODE
//   fifo       keeps what comes through FOLDER/fifo
//   hang       keeps a file, prints `kept`, and never returns
//   fail       makes no file, and fails without a retry
//   complete   keeps a file, and completes

#include <asyncjobs/files/job_files.hpp>
#include <asyncjobs/files/local_file_store.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

int main(int, char** argv) {
    const std::filesystem::path folder = argv[2];
    const std::string mode = argv[3];
    const auto store = open_store(argv[1]);
    files::LocalFileStore local({.directory = folder / "files", .secrets = {{}}});
    Client client(*store);
    files::JobFiles job_files(client, local,
                              {.scratch = folder / "scratch", .check_every = 1s, .linger = 1s});
    Executor executor(*store, {.lease_for = 500ms, .rescue_every = 100ms});
    job_files.remove_on(executor);
    executor.handle("make", [&](const JsonText&, JobContext& context) -> JsonText {
        if (mode == "fail") throw JobFailure("E1").permanent();
        if (mode == "fifo") {
            job_files.keep(context, folder / "fifo", {.download_name = "report"});
            return {};
        }
        const auto file = job_files.keep(context, {.download_name = "report"},
                                         [](const auto& path) { std::ofstream(path) << "done"; });
        if (mode == "hang") {
            std::puts("kept");
            std::fflush(stdout);
            ::pause();
        }
        return json::serialize(file);
    });
    executor.start();
    ::pause();
}
