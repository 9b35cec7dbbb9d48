#include "databases/forked_process.hpp"

#include <asyncjobs/beast/server.hpp>
#include <asyncjobs/client.hpp>
#include <asyncjobs/store/memory_job_store.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace asyncjobs;
using soci_test::ForkedProcess;

/// Allows no further descriptors.
void use_up_descriptors() {
    const int next = ::dup(STDIN_FILENO);
    ::close(next);
    const auto limit = static_cast<rlim_t>(next);
    const rlimit none = {limit, limit};
    ::setrlimit(RLIMIT_NOFILE, &none);
}

std::string refusal_of(const std::function<void()>& make) {
    try {
        make();
    } catch (const Error& error) {
        if (error.code() == Errc::overloaded) return error.what();
    }
    return "nothing";
}

TEST_CASE("a server without descriptors throws Error when constructed") {
    ForkedProcess process([](int out) {
        MemoryJobStore store;
        Client client(store);
        http::JobApi api(client, {.allow_anonymous = true});
        use_up_descriptors();
        ForkedProcess::write_text(out, refusal_of([&] { beast::Server server(api); }));
    });
    CHECK(process.read_all().starts_with("a server could not be made: "));
}

TEST_CASE("a server without descriptors throws Error when it starts to listen") {
    ForkedProcess process([](int out) {
        MemoryJobStore store;
        Client client(store);
        http::JobApi api(client, {.allow_anonymous = true});
        beast::Server server(api, {.address = "127.0.0.1", .port = 0});
        use_up_descriptors();
        ForkedProcess::write_text(out, refusal_of([&] { server.start(); }));
    });
    CHECK(process.read_all().starts_with("cannot listen at 127.0.0.1 port 0: "));
}

} // namespace
