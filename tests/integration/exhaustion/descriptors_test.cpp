#include "handle_request.hpp"

#include "databases/forked_process.hpp"

#include <doctest/doctest.h>

#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace asyncjobs;

namespace {

rlimit descriptor_limit() {
    rlimit limit = {};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    return limit;
}

void set_soft_limit(rlim_t most) {
    rlimit limit = descriptor_limit();
    limit.rlim_cur = most;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/// While it exists, this process can open only `left` more files or connections.
class FewDescriptors {
public:
    explicit FewDescriptors(std::size_t left) : before_(descriptor_limit().rlim_cur) {
        set_soft_limit(300);
        for (int taken; (taken = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
            taken_.push_back(taken);
        REQUIRE(taken_.size() >= left);
        for (std::size_t i = 0; i < left; ++i) give_one_back();
    }
    ~FewDescriptors() {
        while (!taken_.empty()) give_one_back();
        set_soft_limit(before_);
    }
    FewDescriptors(const FewDescriptors&) = delete;
    FewDescriptors& operator=(const FewDescriptors&) = delete;

private:
    void give_one_back() {
        ::close(taken_.back());
        taken_.pop_back();
    }

    const rlim_t before_;
    std::vector<int> taken_;
};

} // namespace

TEST_CASE("each kind of request gets a response, however few descriptors are left") {
    for (const std::size_t left : {0u, 1u, 2u}) {
        for (const auto& kind : request_kinds()) {
            CAPTURE(left);
            CAPTURE(kind.name);
            ServedApi place(batching_options());
            add_manual(place.api);
            auto client = place.connect();
            REQUIRE(client.ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 200);
            const auto text =
                ServedApi::request(kind.line(place.client), "ann", kind.fields, kind.body);
            {
                const FewDescriptors few(left);
                client.send(text);
                client.finish_sending(); // which ends waits
                CHECK(client.receive_rest().starts_with("HTTP/1.1 "));
            }
            await_idle(place.api);
            CHECK(place.ask("GET /healthz", "").status == 200);
        }
    }
}

TEST_CASE("a server raises the limit of descriptors to the number that its connections need") {
    const auto before = descriptor_limit();
    const rlim_t needed = 2 * 200 + 128;
    REQUIRE((before.rlim_max == RLIM_INFINITY || before.rlim_max >= needed));
    set_soft_limit(256);
    {
        ServedOptions options;
        options.server.max_connections = 200;
        ServedApi place(options);
        CHECK(place.ask("GET /healthz", "").status == 200);
        CHECK(descriptor_limit().rlim_cur == needed);
    }
    set_soft_limit(before.rlim_cur);
}

TEST_CASE("a server that lacks descriptors accepts fewer connections, and logs it") {
    soci_test::ForkedProcess process([](int to) {
        const rlimit most{.rlim_cur = 300, .rlim_max = 300};
        if (::setrlimit(RLIMIT_NOFILE, &most) != 0) throw std::runtime_error("no limit was set");
        ServedOptions options;
        options.server.max_connections_per_address = 1000;
        options.server.log = [to](const LogEntry& entry) {
            soci_test::ForkedProcess::write_text(to, entry.message + '\n');
        };
        ServedApi place(options);
        std::vector<RawClient> open;
        for (int i = 0; i < 86; ++i) {
            open.push_back(place.connect());
            if (open.back().ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").status != 200)
                throw std::runtime_error("too few connections");
        }
        soci_test::ForkedProcess::write_text(to, place.connect().receive_rest().substr(0, 12));
    });
    CHECK(process.read_all() ==
          "max_connections lowered from 1024 to 86: the process may have only 300 descriptors "
          "(RLIMIT_NOFILE)\nHTTP/1.1 503");
}
