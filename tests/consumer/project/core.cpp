#include <asyncjobs/asyncjobs.hpp>

#include <iostream>

static_assert(ASYNCJOBS_VERSION_NUMBER >= 100);

namespace {

struct Square {
    static constexpr std::string_view type = "square";
    int of = 0;
};
BOOST_DESCRIBE_STRUCT(Square, (), (of))

} // namespace

int main() {
    asyncjobs::MemoryJobStore store;
    asyncjobs::Executor executor{store};
    executor.handle<Square>([](const Square& in) { return Square{in.of * in.of}; });
    executor.start();
    asyncjobs::Client client{store};
    const auto job = client.wait(client.submit(Square{7}).id, std::chrono::minutes{1});
    std::cout << job.value().result.value().text() << '\n';
    return job->result->text() == R"({"of":49})" ? 0 : 1;
}
