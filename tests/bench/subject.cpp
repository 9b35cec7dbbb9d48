#include "subject.hpp"

#include "db/store_url.hpp"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>

namespace bench {

std::string input() {
    std::string text =
        R"({"address":"someone@example.com","template":"welcome","language":"en","text":")";
    text.resize(98, 'x');
    return text + "\"}";
}

std::unique_ptr<Place> make_place(const std::string& url) {
    const auto scheme = asyncjobs::soci_adapter::parse_store_url(url).scheme;
    if (scheme == "memory") return make_memory_place();
    if (scheme == "sqlite") return make_sqlite_place(url);
#ifdef BENCH_POSTGRESQL
    if (scheme == "postgresql") return make_postgresql_place(url);
#endif
#ifdef BENCH_MYSQL
    if (scheme == "mysql") return make_mysql_place(url);
#endif
    throw std::runtime_error("unknown store " + url);
}

double rate_of_threads(unsigned threads, std::size_t jobs, double seconds,
                       const std::function<std::function<std::size_t()>(unsigned)>& make_step) {
    std::vector<std::function<std::size_t()>> steps;
    for (unsigned i = 0; i < threads; ++i) steps.push_back(make_step(i));
    std::atomic<std::size_t> done = 0;
    const auto start = Clock::now();
    std::vector<std::thread> running;
    for (const auto& step : steps)
        running.emplace_back([&done, &step, share = jobs / threads, seconds] {
            std::size_t mine = 0;
            rate(share, seconds, [&] {
                const auto count = step();
                mine += count;
                return count;
            });
            done += mine;
        });
    for (auto& thread : running) thread.join();
    const std::chrono::duration<double> elapsed = Clock::now() - start;
    return static_cast<double>(done) / elapsed.count();
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values.empty() ? 0 : values[values.size() / 2];
}

} // namespace bench
