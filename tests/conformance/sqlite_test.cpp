#include "run_conformance.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <unistd.h>

#include <filesystem>
#include <string>

namespace {

/// Two objects are two openings of one file.
void run_on_files(const std::string& parameters) {
    namespace fs = std::filesystem;
    const auto folder =
        fs::temp_directory_path() / ("asyncjobs-conformance-" + std::to_string(::getpid()));
    conformance::run({.reset =
                          [&] {
                              fs::remove_all(folder);
                              fs::create_directories(folder);
                          },
                      .open =
                          [&] {
                              const auto file = (folder / "jobs.db").string();
                              return asyncjobs::open_store("sqlite:" + file + parameters);
                          }});
    fs::remove_all(folder);
}

TEST_CASE("the SQLite store conforms") { run_on_files(""); }

TEST_CASE("the SQLite store conforms with synchronous=normal") {
    run_on_files("?synchronous=normal");
}

} // namespace
