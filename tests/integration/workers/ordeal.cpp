#include "ordeal.hpp"

#include "check_history.hpp"
#include "fleet.hpp"
#include "step.hpp"

#include <asyncjobs/asyncjobs.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <optional>

namespace workers_test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t rounds = 12;
constexpr int jobs_a_round = 1700;
constexpr int jobs_in_an_outage = 400;

class Ordeal {
public:
    explicit Ordeal(const Database& database)
        : database_(database), store_(asyncjobs::open_store(database.url())), client_(*store_) {
        database_.record_changes();
        fleet_.emplace(std::vector{database_.url()});
    }

    void fault_of_a_worker(std::size_t round) {
        submit(jobs_a_round);
        const auto victim = round % Fleet::size;
        if (round % 3 == 0)
            pause_beyond_lease(victim);
        else {
            occupy(victim);
            fleet_->kill_and_replace(victim);
        }
    }

    /// `end` ends the server, which is restarted when a worker has noticed.
    void fault_of_the_server(const std::function<void()>& end) {
        submit(jobs_in_an_outage);
        occupy(0);
        const auto failed_before = of_each_worker(fails);
        const auto recovered_before = of_each_worker(recovers);

        end();
        REQUIRE(fleet_->wait_until([&] { return of_each_worker(fails) != failed_before; }));
        submit(5);
        const auto start = std::async(std::launch::async, [&] { database_.start_server(); });
        const auto is_over = [&] { return start.wait_for(0s) == std::future_status::ready; };
        while (!fleet_->wait_until(is_over, 10ms)) submit(5);
        submit(jobs_in_an_outage);
        const auto ended_before = fleet_->ended();
        REQUIRE(fleet_->wait_until([&] { return fleet_->ended() >= ended_before + 300; }));

        REQUIRE(
            fleet_->wait_until([&] { return of_each_worker(fails) == of_each_worker(recovers); }));
        const auto failed_after = of_each_worker(fails);
        const auto recovered_after = of_each_worker(recovers);
        for (std::size_t slot = 0; slot < Fleet::size; ++slot) {
            CAPTURE(fleet_->log_of(fleet_->name(slot)));
            CHECK(failed_after.at(slot) - failed_before.at(slot) <= 1);
            CHECK(recovered_after.at(slot) - recovered_before.at(slot) <= 1);
        }
    }

    void finish() {
        REQUIRE(fleet_->wait_until([&] {
            return database_.count("SELECT count(*) FROM jobs"
                                   " WHERE status IN ('pending', 'processing')") == 0;
        }));
        CHECK(fleet_->stop() == std::vector<int>(Fleet::size, 0));
        const auto changes = database_.changes();
        const auto found = check_history(acknowledged_, fail_first_, changes, fleet_->runs());
        for (const auto& fault : found.faults) FAIL_CHECK(fault);
        CHECK(found.rescues > 0);
        CHECK(found.retries > 0);
        CHECK(fleet_->logged("ended after its lease was lost") > 0);
        MESSAGE(acknowledged_.size(), " jobs acknowledged, ", refused_, " submits refused, ",
                changes.size(), " changes, ", fleet_->runs().size(), " runs, ", found.rescues,
                " rescues, ", found.retries, " retries, ", found.releases, " releases, ",
                fleet_->logged("ended after its lease was lost"), " late settlements refused");
    }

private:
    /// A submit that the database refuses is not retried: only acknowledged jobs count.
    void submit(int count) {
        std::vector<asyncjobs::NewJob> jobs;
        for (int i = 0; i < count; ++i, ++submitted_) {
            const Step step{.wait_ms = submitted_ % 40 == 0 ? 50 + submitted_ % 251 : 0,
                            .fails_first = submitted_ % 25 == 0};
            jobs.push_back(
                {.id = new_id(), .type = Step::type, .input = asyncjobs::json::serialize(step)});
            if (step.fails_first) fail_first_.emplace(jobs.back().id.text());
        }
        try {
            for (const auto& submitted : client_.submit(std::move(jobs)))
                acknowledged_.emplace(submitted.id.text());
        } catch (const asyncjobs::Error&) {
            ++refused_;
        }
    }

    asyncjobs::JobId new_id() {
        return asyncjobs::JobId::make(runtime_->wall_clock(), runtime_->random(),
                                      runtime_->random());
    }

    bool runs_a_waiting_job(std::size_t slot) const {
        const auto runs = fleet_->open_runs(fleet_->name(slot));
        return std::ranges::any_of(runs, [](const Run& run) { return run.waits; });
    }

    /// Waits until the worker is in the middle of a job. Submits more jobs the longer it takes, so
    /// that the other workers can't take them all.
    void occupy(std::size_t slot) {
        for (int tries = 0; !fleet_->wait_until([&] { return runs_a_waiting_job(slot); }, 500ms);
             ++tries) {
            CAPTURE(fleet_->log_of(fleet_->name(slot)));
            REQUIRE(tries < 60); // a busy machine takes long
            if (tries < 20) submit(100 << std::min(tries, 4));
        }
    }

    /// Pauses the worker until another one runs one of its unfinished jobs. Such a job comes after
    /// all that were due when it was rescued, and once more if it was claimed ahead and released.
    void pause_beyond_lease(std::size_t slot) {
        bool lost = false;
        for (int tries = 0; !lost; ++tries) {
            REQUIRE(tries < 20);
            pause_in_a_job(slot);
            auto cut_off = fleet_->open_runs(fleet_->name(slot));
            std::erase_if(cut_off, [](const Run& run) { return !run.waits; });
            const auto runs_elsewhere = [&] {
                return std::ranges::any_of(
                    cut_off, [&](const Run& run) { return fleet_->was_started_again(run); });
            };
            lost = !cut_off.empty() && fleet_->wait_until(runs_elsewhere, 20s);
            fleet_->resume(slot);
        }
    }

    /// Pauses the worker at a moment when it does not hold the lock of a SQLite file, which would
    /// block every other process.
    void pause_in_a_job(std::size_t slot) {
        for (int tries = 0;; ++tries) {
            REQUIRE(tries < 100);
            occupy(slot);
            fleet_->pause(slot);
            if (!database_.is_locked()) return;
            fleet_->resume(slot);
        }
    }

    static constexpr std::string_view fails = "job store unavailable";
    static constexpr std::string_view recovers = "job store recovered";

    /// How often each worker has logged `text`.
    std::array<int, Fleet::size> of_each_worker(std::string_view text) const {
        std::array<int, Fleet::size> times{};
        for (std::size_t slot = 0; slot < Fleet::size; ++slot)
            times.at(slot) = fleet_->logged(std::string(text), fleet_->name(slot));
        return times;
    }

    const Database& database_;
    const std::unique_ptr<asyncjobs::JobStore> store_;
    const std::shared_ptr<asyncjobs::Runtime> runtime_ = asyncjobs::make_runtime();
    asyncjobs::Client client_;
    std::optional<Fleet> fleet_;
    int submitted_ = 0;
    int refused_ = 0;
    std::set<std::string> acknowledged_;
    std::set<std::string> fail_first_;
};

} // namespace

void check_workers_under_faults(const Database& database) {
    Ordeal ordeal(database);
    for (std::size_t round = 0; round < rounds; ++round) ordeal.fault_of_a_worker(round);
    if (database.has_server()) {
        ordeal.fault_of_the_server([&] { database.stop_server(); });
        ordeal.fault_of_the_server([&] { database.kill_server(); });
    }
    ordeal.finish();
}

} // namespace workers_test
