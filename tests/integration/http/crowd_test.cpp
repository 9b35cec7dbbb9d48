#include "served_api.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <list>

#include <sys/resource.h>
#include <unistd.h>

using namespace asyncjobs;
using namespace std::chrono_literals;

namespace {

constexpr int crowd = 1000;

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void allow_descriptors(rlim_t count) {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    REQUIRE(limit.rlim_max >= count);
    limit.rlim_cur = std::max(limit.rlim_cur, count);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/// The memory allowed for each connection, for both sides, since this process has both.
#ifdef SANITIZED
constexpr std::size_t bytes_each = 256 * 1024;
#else
constexpr std::size_t bytes_each = 24 * 1024;
#endif

/// Connects a thousand clients that each send `what`, and measures.
void check_crowd(const std::function<std::string(int)>& what) {
    allow_descriptors(2 * crowd + 200);
    ServedApi served({.server = {.max_connections = crowd + 10,
                                 .max_connections_per_address = crowd + 10,
                                 .idle_timeout = 1h,
                                 .head_timeout = 1h,
                                 .body_timeout = 1h,
                                 .min_body_rate = 0}});
    CHECK(served.ask("GET /healthz", "").status == 200);
    const auto before = resident_bytes();
    std::list<RawClient> clients;
    for (int i = 0; i < crowd; ++i) {
        clients.emplace_back(served.server.port());
        if (const auto text = what(i); !text.empty()) clients.back().send(text);
    }
    CHECK(served.ask("GET /healthz", "").status == 200);
    CHECK(served.post("/v1/notes", "1").status == 202);
    const auto after = resident_bytes();
    CHECK((after > before ? after - before : 0) < crowd * bytes_each);
    clients.clear();
    while (served.server.connections() > 0) std::this_thread::yield();
}

} // namespace

TEST_CASE("a thousand silent connections cost little memory and do not delay others") {
    check_crowd([](int) { return ""; });
}

TEST_CASE("a thousand connections that send garbage cost little memory and do not delay others") {
    check_crowd([](int i) -> std::string {
        switch (i % 4) {
        case 0:
            return "GET / HTTP/1.1\r\nX: " + std::string(8000, 'x');
        case 1:
            return std::string(20'000, '\x80');
        case 2:
            return "\r\n";
        default:
            return "POST /v1/notes HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
        }
    });
}
