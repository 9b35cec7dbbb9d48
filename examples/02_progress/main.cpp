// Three jobs at once, each with a progress bar in the terminal that Client::watch feeds.

#include <asyncjobs/asyncjobs.hpp>

#include <array>
#include <iostream>
#include <latch>
#include <unistd.h>
#include <utility>

namespace {

struct CountPrimes {
    static constexpr std::string_view type = "count_primes";
    int below = 0;
};
BOOST_DESCRIBE_STRUCT(CountPrimes, (), (below))

bool is_prime(int number) {
    int divisor = 2;
    while (divisor * divisor <= number && number % divisor != 0) ++divisor;
    return number > 1 && divisor * divisor > number;
}

asyncjobs::JsonText count_primes(const CountPrimes& in, asyncjobs::ProgressReporter& progress) {
    int count = 0;
    for (int number = 0; number < in.below; ++number) {
        if (number % 1000 == 0)
            progress.report(number, in.below, "counted " + std::to_string(count));
        count += is_prime(number);
    }
    return asyncjobs::json::serialize(count);
}

/// A line for each job: on a terminal redrawn in place, elsewhere written once, when the job ends.
class ProgressBars {
public:
    void show(std::size_t line, const asyncjobs::Job& job) {
        const auto filled = static_cast<std::size_t>(job.progress.percent) / 5;
        const std::string end =
            job.result ? "completed: " + job.result->text() + " primes" : job.progress.message;
        lines_.at(line) = '[' + std::string(filled, '#') + std::string(20 - filled, '.') + "] " +
                          std::to_string(job.progress.percent) + " % " + end;
        if (isatty(STDOUT_FILENO) == 1)
            redraw();
        else if (is_finished(job.status))
            std::cout << lines_.at(line) << std::endl;
    }

private:
    void redraw() {
        if (std::exchange(drawn_, true)) std::cout << "\x1b[" << lines_.size() << 'A';
        for (const std::string& text : lines_) std::cout << "\x1b[K" << text << '\n';
        std::cout << std::flush;
    }

    std::array<std::string, 3> lines_;
    bool drawn_ = false;
};

} // namespace

int main() {
    asyncjobs::MemoryJobStore store;
    asyncjobs::Executor executor{store, {.report_every = std::chrono::milliseconds{50}}};
    executor.handle<CountPrimes>(count_primes);
    executor.start();

    ProgressBars bars;
    std::latch unfinished{3};
    asyncjobs::Client client{store, {.poll_every = std::chrono::milliseconds{50}}};
    std::array<asyncjobs::Client::Watch, 3> watches;
    for (std::size_t line = 0; line < watches.size(); ++line) {
        const CountPrimes input{.below = 1'000'000 * static_cast<int>(line + 1)};
        const auto id = client.submit(input).id;
        watches.at(line) = client.watch(id, [&, line](const std::optional<asyncjobs::Job>& job) {
            bars.show(line, job.value());
            if (is_finished(job->status)) unfinished.count_down();
        });
    }
    unfinished.wait();
}
