#include "databases/postgresql_server.hpp"
#include "integration/private_server.hpp"
#include "scratch_directory.hpp"
#include "service_process.hpp"

#include <asyncjobs/client.hpp>
#include <asyncjobs/schedules/scheduler.hpp>
#include <asyncjobs/soci/open_store.hpp>

#include <doctest/doctest.h>

namespace {

/// The tutorial's database, with its tables and the orders of 2011-01.
class ReportsDatabase {
public:
    ReportsDatabase() {
        soci_test::Postgresql(needs_postgresql.value()).run("CREATE SCHEMA " + schema_.name());
        run(content_of(TUTORIAL_SOURCES "/tables.sql"));
    }

    std::string url() const {
        return fmt::format("{}?application_name=reports&options=-csearch_path%3D{}",
                           needs_postgresql.value(), schema_.name());
    }
    void run(const std::string& sql) const { schema_.connect().run(sql); }
    std::string value(const std::string& sql) const { return schema_.connect().value(sql); }

private:
    soci_test::PostgresqlSchema schema_;
};

struct TutorialTest {
    ReportsDatabase database = {};

    ServiceProcess start(std::string_view step) const {
        return ServiceProcess(step, {database.url(), "0"});
    }
};

std::string path_of(const asyncjobs::JobId& job) { return fmt::format("/v1/jobs/{}", job.text()); }

} // namespace

TEST_CASE_FIXTURE(TutorialTest, "step 4: processes share one queue" * needs_postgresql) {
    auto one = start("step_4"), other = start("step_4");
    const auto path = one.request("POST /v1/reports", R"({"month": "2011-01"})").header("Location");
    CHECK(other.finished(path).at("status") == "completed");
    CHECK(one.stop() == 0);
    CHECK(other.stop() == 0);
}

TEST_CASE_FIXTURE(TutorialTest,
                  "step 5: closing a month submits its report, once" * needs_postgresql) {
    auto service = start("step_5");
    const auto closed = service.request("POST /v1/months/2011-01/close");
    CHECK(closed.status == 202);
    const auto job = service.finished(closed.header("Location"));
    CHECK(job.at("result").at("orders") ==
          std::stoll(database.value("SELECT count(*) FROM orders")));
    CHECK(job.at("result").at("total") ==
          std::stoll(database.value("SELECT sum(amount) FROM orders")));
    CHECK(service.request("POST /v1/months/2011-01/close").status == 409);
    CHECK(database.value("SELECT count(*) FROM jobs") == "1");
    CHECK(service.request("POST /v1/months/2011-13/close").status == 404);
}

TEST_CASE_FIXTURE(TutorialTest, "step 5: a month stays open if its report can't be submitted" *
                                    needs_postgresql) {
    auto service = start("step_5");
    database.run("ALTER TABLE jobs RENAME TO jobs_elsewhere");
    CHECK(service.request("POST /v1/months/2011-01/close").status == 500);
    CHECK(database.value("SELECT count(*) FROM closed_months") == "0");
}

TEST_CASE_FIXTURE(TutorialTest,
                  "step 6: a report is retried until its month has orders" * needs_postgresql) {
    auto service = start("step_6");
    const auto path =
        service.request("POST /v1/reports", R"({"month": "2011-02"})").header("Location");
    const auto waiting = service.follow(
        path, [](const boost::json::object& job) { return job.contains("next_attempt_at"); });
    CHECK(waiting.at("last_error").at("code") == "no_orders");
    database.run("INSERT INTO orders VALUES ('2011-02', 100)");
    const auto job = service.finished(path);
    CHECK(job.at("status") == "completed");
    CHECK(job.at("result").at("total") == 100);
}

TEST_CASE_FIXTURE(TutorialTest, "step 6: two reports at most run at once, over all processes" *
                                    needs_postgresql) {
    auto service = start("step_6");
    const auto store = asyncjobs::open_store(database.url());
    const auto limits = asyncjobs::Client(*store).limits();
    REQUIRE(limits.size() == 1);
    CHECK(limits.front().type == "sales_report");
    CHECK(limits.front().concurrency == 2);
}

TEST_CASE_FIXTURE(TutorialTest,
                  "step 7: the schedule reports the month before its slot" * needs_postgresql) {
    auto service = start("step_7");
    const auto month =
        database.value("SELECT to_char(now() AT TIME ZONE 'UTC' - interval '1 month', 'YYYY-MM')");
    database.run(fmt::format("INSERT INTO orders VALUES ('{}', 7)", month));
    const auto store = asyncjobs::open_store(database.url());
    asyncjobs::Scheduler scheduler(*store);
    CHECK(scheduler.list().at(0).name == "monthly");
    const auto job = service.finished(path_of(scheduler.trigger("monthly")));
    CHECK(job.at("result").at("month").as_string() == month);
    CHECK(job.at("result").at("total") == 7);
}

TEST_CASE_FIXTURE(TutorialTest,
                  "step 8: the service serves callers with a token, configured by its environment" *
                      needs_postgresql) {
    const ScratchDirectory folder;
    const auto digest = output_of({"sh", "-c", "printf %s secret | sha256sum"}).substr(0, 64);
    const auto tokens = with_content(folder / "tokens", digest + " ann\n");
    ServiceProcess service(
        "reports", {},
        {"REPORTS_STORE=" + database.url(), "REPORTS_PORT=0", "REPORTS_TOKENS=" + tokens.string()});
    CHECK(service.request("POST /v1/reports", R"({"month": "2011-01"})").status == 401);
    constexpr auto ann = "Authorization: Bearer secret\r\n";
    const auto closed = service.request("POST /v1/months/2011-01/close", {}, ann);
    CHECK(closed.status == 202);
    CHECK(service.finished(closed.header("Location"), ann).at("status") == "completed");
    CHECK(service.stop() == 0);
}
