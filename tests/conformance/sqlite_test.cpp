#include "run_conformance.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <unistd.h>

#include <filesystem>
#include <string>

namespace {

/// Two objects open the same file.
class Files {
public:
    explicit Files(std::string parameters = {}, asyncjobs::StoreOptions options = {})
        : parameters_(std::move(parameters)), options_(std::move(options)) {}
    ~Files() { std::filesystem::remove_all(folder_); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    asyncjobs::testing::StoreFactory factory() const {
        return {.reset =
                    [this] {
                        std::filesystem::remove_all(folder_);
                        std::filesystem::create_directories(folder_);
                    },
                .open =
                    [this] {
                        const auto file = (folder_ / "jobs.db").string();
                        return asyncjobs::open_store("sqlite:" + file + parameters_, options_);
                    }};
    }

private:
    const std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                          ("asyncjobs-conformance-" + std::to_string(::getpid()));
    const std::string parameters_;
    const asyncjobs::StoreOptions options_;
};

TEST_CASE("the SQLite store conforms") {
    const Files files;
    conformance::run(files.factory());
}

#ifndef SANITIZED // the same code, for a minute
TEST_CASE("the SQLite store conforms with synchronous=normal") {
    const Files files("?synchronous=normal");
    conformance::run(files.factory());
}
#endif

TEST_CASE("the SQLite store conforms while its clock is moved") {
    const conformance::MovedClock clock;
    const Files files({}, {.clock = clock});
    conformance::run_with(clock, files.factory());
}

} // namespace
