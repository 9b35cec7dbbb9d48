#include <asyncjobs/soci/open_store.hpp>
#include <asyncjobs/testing/conformance.hpp>

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace {

using namespace asyncjobs;

void conforms(const std::string& parameters) {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("asyncjobs-conformance-" + std::to_string(::getpid()));
    const testing::StoreFactory factory = {
        .reset =
            [&] {
                std::filesystem::remove_all(folder);
                std::filesystem::create_directories(folder);
            },
        .open = [&] { return open_store("sqlite:" + (folder / "jobs.db").string() + parameters); }};
    for (const auto& one : testing::job_store_conformance(factory)) {
        CAPTURE(one.name);
        CHECK_NOTHROW(one.run());
    }
    std::filesystem::remove_all(folder);
}

} // namespace

TEST_CASE("a SQLite store keeps the contract of JobStore with full durability") { conforms(""); }

TEST_CASE("a SQLite store keeps the contract of JobStore with synchronous=normal") {
    conforms("?synchronous=normal");
}
