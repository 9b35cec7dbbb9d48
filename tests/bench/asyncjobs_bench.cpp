// How fast the library is, and how fast the database under it would be without.

#include "store_url.hpp"
#include "subject.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>

namespace {

using bench::Load;
using bench::Subject;

/// A store URL of a file of its own for each run, gone afterwards.
class FreshStore {
public:
    explicit FreshStore(const std::string& url) : url_(url) {
        const auto parts = asyncjobs::soci_adapter::parse_store_url(url);
        if (parts.scheme != "sqlite") return;
        path_ = parts.target;
        if (std::filesystem::exists(path_))
            throw std::runtime_error(path_ + " exists already; the benchmark makes it anew");
    }
    ~FreshStore() {
        if (path_.empty()) return;
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
    }
    FreshStore(const FreshStore&) = delete;
    FreshStore& operator=(const FreshStore&) = delete;

    const std::string& url() const noexcept { return url_; }

private:
    std::string url_, path_;
};

struct Measure {
    const char* name;
    const char* unit;
    std::function<double(Subject&)> run;
};

const std::array<Measure, 7> measures = {{
    {"enqueue1", "jobs/s", [](Subject& s) { return s.enqueue1(); }},
    {"enqueue16", "jobs/s", [](Subject& s) { return s.enqueue16(); }},
    {"bulk", "jobs/s", [](Subject& s) { return s.bulk(); }},
    {"drain", "jobs/s", [](Subject& s) { return s.drain(); }},
    {"latency", "us", [](Subject& s) { return s.latency(); }},
    {"claim", "jobs/s", [](Subject& s) { return s.claim(false); }},
    {"claim_at_depth", "jobs/s", [](Subject& s) { return s.claim(true); }},
}};

/// The engine and the bare program take turns, so that a noisy neighbour meets both.
void run(const Measure& measure, const std::string& url, const Load& load, int rounds) {
    std::vector<double> values, limits;
    std::size_t batch = 0;
    for (int round = 0; round < rounds; ++round) {
        {
            const FreshStore store(url);
            const auto engine = bench::make_engine(store.url(), load);
            values.push_back(measure.run(*engine));
            batch = engine->drain_batch;
        }
        const FreshStore store(url);
        const auto bare = bench::make_bare(store.url(), load);
        if (!bare) continue;
        bare->drain_batch = batch;
        limits.push_back(measure.run(*bare));
    }
    const double value = bench::median(values), limit = bench::median(limits);
    const bool is_time = std::string_view(measure.unit) == "us";
    fmt::print("RESULT measure={} store={} value={:.0f} unit={} limit={:.0f} ratio={:.2f}\n",
               measure.name, url.substr(0, url.find(':')), value, measure.unit, limit,
               is_time ? limit / value : value / limit);
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    std::string url = "sqlite:asyncjobs-bench.db", wanted = "all";
    Load load;
    int rounds = 3;
    CLI::App app("Measures asyncjobs against the bare database under it, in the same run.");
    app.add_option("--store", url, "A store URL; a file must not exist yet")->capture_default_str();
    app.add_option(
           "--measure", wanted,
           "all, or one of enqueue1, enqueue16, bulk, drain, latency, claim, claim_at_depth")
        ->capture_default_str();
    app.add_option("--jobs", load.jobs, "Jobs of a measure, at most")->capture_default_str();
    app.add_option("--finished", load.finished, "Finished jobs for claim_at_depth")
        ->capture_default_str();
    app.add_option("--scheduled", load.scheduled, "Jobs for later for claim_at_depth")
        ->capture_default_str();
    app.add_option("--seconds", load.seconds, "Length of a measure, at most")
        ->capture_default_str();
    app.add_option("--rounds", rounds, "Rounds of which the median counts")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        bool known = wanted == "all";
        for (const auto& measure : measures) {
            if (wanted != "all" && wanted != measure.name) continue;
            known = true;
            run(measure, url, load, rounds);
        }
        if (!known) throw std::runtime_error("there is no measure " + wanted);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
