#include "run_differential.hpp"
#include "scratch_directory.hpp"

#include <asyncjobs/soci/open_store.hpp>

#include <filesystem>
#include <string>

namespace {

TEST_CASE("the SQLite store and the model agree") {
    const ScratchDirectory folder;
    asyncjobs::testing::DifferentialSubject subject;
    subject.sweeps_may_lag = true;
    int files = 0;
    subject.reset = [&] { ++files; };
    subject.open = [&] {
        const auto file = folder.path() / ("jobs" + std::to_string(files) + ".db");
        return asyncjobs::open_store("sqlite:" + file.string() + "?synchronous=off",
                                     {.clock = subject.clock});
    };
    differential::run(subject);
}

} // namespace
