#include "run_conformance.hpp"

#if __has_include(<asyncjobs/soci/open_store.hpp>)

#include <asyncjobs/soci/open_store.hpp>

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace {

/// Two objects are two stores on one schema. Each case has a schema of its own.
void run_on_server(const std::string& parameters) {
    const char* server = std::getenv("ASYNCJOBS_TEST_POSTGRESQL");
    if (!server) {
        MESSAGE("skipped: ASYNCJOBS_TEST_POSTGRESQL names no server; see tests/servers");
        return;
    }
    static int count = 0;
    std::string url;
    conformance::run({.reset =
                          [&] {
                              url = std::string(server) + "?schema=conformance_" +
                                    std::to_string(::getpid()) + "_" + std::to_string(++count) +
                                    parameters;
                          },
                      .open = [&] { return asyncjobs::open_store(url); }});
}

TEST_CASE("the PostgreSQL store conforms") { run_on_server(""); }

} // namespace

#endif
