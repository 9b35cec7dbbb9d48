// Measures the library's speed, and the speed of the bare database.

#include "subject.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

namespace {

using bench::Load;
using bench::Subject;

struct Measure {
    const char* name;
    const char* unit;
    double (Subject::*run)();
};

constexpr std::array<Measure, 5> measures = {{
    {"enqueue1", "jobs/s", &Subject::enqueue1},
    {"enqueue16", "jobs/s", &Subject::enqueue16},
    {"bulk", "jobs/s", &Subject::bulk},
    {"drain", "jobs/s", &Subject::drain},
    {"latency", "us", &Subject::latency},
}};

void print(std::string_view name, const std::string& url, std::string_view unit,
           std::vector<double> values, std::vector<double> limits) {
    const double value = bench::median(std::move(values));
    const double limit = bench::median(std::move(limits));
    fmt::print("RESULT measure={} store={} value={:.0f} unit={} limit={:.0f} ratio={:.2f}\n", name,
               url.substr(0, url.find(':')), value, unit, limit,
               unit == "us" ? limit / value : value / limit);
    std::fflush(stdout);
}

/// The engine and the bare program alternate, so that other load affects both.
void run(const Measure& measure, const std::string& url, const Load& load, int rounds) {
    std::vector<double> values, limits;
    for (int round = 0; round < rounds; ++round) {
        std::size_t batch = 0;
        {
            const auto place = bench::make_place(url);
            const auto engine = bench::make_engine(place->url(), load);
            values.push_back((*engine.*measure.run)());
            batch = engine->drain_batch;
        }
        const auto place = bench::make_place(url);
        const auto bare = place->make_bare(load);
        bare->drain_batch = batch;
        limits.push_back((*bare.*measure.run)());
    }
    print(measure.name, url, measure.unit, values, limits);
}

using Times = std::map<std::string, double> (*)(const bench::Place&, const Load&);

/// The limit is the same engine among 1,000 jobs.
void run_at_depth(Times times_of, std::string_view suffix, const std::string& url, const Load& deep,
                  int rounds) {
    Load shallow = deep;
    for (auto* rows : {&shallow.waiting, &shallow.finished, &shallow.scheduled})
        *rows = std::min<std::size_t>(*rows, 1000);
    std::map<std::string, std::vector<double>> values, limits;
    const auto measure = [&](const Load& load, auto& times) {
        const auto place = bench::make_place(url);
        for (const auto& [call, time] : times_of(*place, load)) times[call].push_back(time);
    };
    for (int round = 0; round < rounds; ++round) {
        measure(deep, values);
        measure(shallow, limits);
    }
    for (const auto& [call, times] : values)
        print(fmt::format("{}{}", call, suffix), url, "us", times, limits.at(call));
}

/// The limit is the time without the long transaction.
void run_long_reader(const std::string& url, const Load& load) {
    const auto place = bench::make_place(url);
    const auto times = bench::long_reader_times(*place, load);
    for (const auto& [name, held] : times.held)
        print("long_reader_" + name, url, "us", {held}, {times.clean.at(name)});
    if (times.held_bytes == 0) return;
    fmt::print("RESULT measure=long_reader_log store={} held_bytes={} bytes_after={}\n",
               url.substr(0, url.find(':')), times.held_bytes, times.bytes_after);
}

/// The limit is the allowed rate.
void run_rate_backlog(const std::string& url, const Load& load, int rounds) {
    std::vector<double> starts, allowed;
    for (int round = 0; round < rounds; ++round) {
        const auto place = bench::make_place(url);
        const auto found = bench::rate_backlog(*place, load);
        starts.push_back(found.starts);
        allowed.push_back(found.allowed);
        fmt::print("rate_backlog: {:.0f} starts/s, {} times held back, {} events lost\n",
                   found.starts, found.throttled, found.lost);
    }
    print("rate_backlog", url, "jobs/s", starts, allowed);
}

void print_fill(std::size_t jobs, double seconds) {
    fmt::print("operations: {} jobs in {:.1f} s\n", jobs, seconds);
    std::fflush(stdout);
}

std::vector<bench::OperationTime> times_in_new_store(const std::string& url, std::size_t jobs,
                                                     int rounds) {
    const auto place = bench::make_place(url);
    print_fill(jobs, bench::fill_for_operations(place->url(), jobs));
    place->tidy_up();
    return bench::operation_times(place->url(), rounds);
}

/// The limit is the same call among 1,000 jobs.
void run_operations(const std::string& url, const Load& load, int rounds) {
    const auto limits = times_in_new_store(url, 1000, rounds);
    std::vector<bench::OperationTime> times;
    if (load.kept.empty()) {
        times = times_in_new_store(url, load.jobs, rounds);
    } else {
        print_fill(load.jobs, bench::fill_for_operations(load.kept, load.jobs));
        times = bench::operation_times(load.kept, rounds);
    }
    for (std::size_t i = 0; i < times.size(); ++i)
        fmt::print("RESULT measure=operations_{} store={} value={:.2f} worst={:.2f} unit=ms "
                   "limit={:.2f} growth={:.2f}\n",
                   times[i].name, url.substr(0, url.find(':')), times[i].median, times[i].worst,
                   limits[i].median, times[i].median / limits[i].median);
}

} // namespace

int main(int argc, char** argv) {
    std::string url = "sqlite:asyncjobs-bench.db", wanted = "all";
    Load load;
    int rounds = 3;
    CLI::App app("Measures asyncjobs against the bare database under it, in the same run.");
    app.add_option("--store", url,
                   "A store URL; a file must not exist yet, on a server a separate schema or "
                   "tables are used")
        ->capture_default_str();
    app.add_option("--measure", wanted,
                   "all, or one of enqueue1, enqueue16, bulk, drain, latency, claim_at_depth, "
                   "workflow, long_reader, rate_backlog, operations")
        ->capture_default_str();
    app.add_option("--jobs", load.jobs, "Maximum jobs of a measure")->capture_default_str();
    app.add_option("--waiting", load.waiting, "More waiting jobs for claim_at_depth")
        ->capture_default_str();
    app.add_option("--finished", load.finished, "Finished jobs for claim_at_depth")
        ->capture_default_str();
    app.add_option("--scheduled", load.scheduled, "Scheduled jobs for claim_at_depth and workflow")
        ->capture_default_str();
    app.add_option("--seconds", load.seconds, "Maximum duration of a measure")
        ->capture_default_str();
    app.add_option("--rate", load.rate, "Submits a second for long_reader")->capture_default_str();
    app.add_option("--dead", load.dead,
                   "Jobs submitted and purged within long_reader's snapshot, before its load")
        ->capture_default_str();
    app.add_option("--burst", load.burst, "Burst of each key, for rate_backlog")
        ->capture_default_str();
    app.add_option("--kept", load.kept,
                   "Another store, for operations: filled if it is empty, and not removed");
    app.add_option("--connections", load.connections,
                   "Executors that drain; 0: one for a file, two for a server")
        ->capture_default_str();
    app.add_option("--rounds", rounds, "Rounds, of which the median is printed")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        if (load.connections == 0)
            load.connections = url.starts_with("sqlite:") || url.starts_with("memory:") ? 1 : 2;
        bool known = false;
        for (const auto& measure : measures) {
            if (wanted != "all" && wanted != measure.name) continue;
            known = true;
            run(measure, url, load, rounds);
        }
        if (wanted == "all" || wanted == "claim_at_depth") {
            known = true;
            run_at_depth(bench::calls_at_depth, "_at_depth", url, load, rounds);
        }
        if (wanted == "all" || wanted == "workflow") {
            known = true;
            run_at_depth(bench::workflow_times, "", url, load, rounds);
        }
        if (wanted == "long_reader") { // not part of all: it needs more seconds
            known = true;
            run_long_reader(url, load);
        }
        if (wanted == "all" || wanted == "rate_backlog") {
            known = true;
            run_rate_backlog(url, load, rounds);
        }
        if (wanted == "all" || wanted == "operations") {
            known = true;
            run_operations(url, load, rounds);
        }
        if (!known) throw std::runtime_error("unknown measure " + wanted);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
