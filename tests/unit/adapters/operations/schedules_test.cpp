#include "operator_api.hpp"

#include <asyncjobs/schedules/scheduler.hpp>

using namespace operator_test;

namespace {

/// An API with the schedules `reports/daily` and `mail`, the latter in the queue `secret`.
struct ScheduleApi {
    explicit ScheduleApi(operations::Options options = {})
        : api(with_schedules(std::move(options)), std::make_unique<ForwardingJobStore>(memory)) {
        scheduler.set("reports/daily",
                      {.cron = Cron("0 3 * * *", "Asia/Tokyo"),
                       .job = {.type = "report", .input = JsonText::parse(R"({"card": 7})")}});
        scheduler.set("mail",
                      {.cron = Cron("@hourly"), .job = {.type = "mail", .queue = "secret"}});
    }

    operations::Options with_schedules(operations::Options options) {
        options.schedules = operations::schedules_of(scheduler);
        return options;
    }
    http::Response change(const std::string& what, const std::string& name) {
        return api.post("/schedules/" + what,
                        R"({"name": ")" + name + R"(", "reason": "by phone"})");
    }
    ScheduleStatus daily() {
        for (const auto& status : scheduler.list())
            if (status.name == "reports/daily") return status;
        throw std::logic_error("no such schedule");
    }
    std::string last_audit() {
        const auto entry = document(api.get("/audit?limit=1")).at("entries").at(0).as_object();
        std::string shown;
        for (const char* member : {"action", "target", "reason", "outcome"})
            shown += std::string(entry.at(member).as_string()) + '|';
        return shown;
    }

    MemoryJobStore memory;
    Scheduler scheduler{memory};
    OperatorApi api;
};

} // namespace

TEST_CASE("operators see when each schedule fires next, in UTC and in its zone") {
    ScheduleApi api;
    const auto response = api.api.get("/schedules");
    CHECK(std::get<std::string>(response.body).find("card") == std::string::npos);
    const auto schedules = document(response).at("schedules").as_array();
    REQUIRE(schedules.size() == 2);
    const auto& daily = schedules[1].as_object();
    CHECK(daily.at("name") == "reports/daily");
    CHECK(daily.at("cron") == "0 3 * * *");
    CHECK(daily.at("zone") == "Asia/Tokyo");
    CHECK(daily.at("type") == "report");
    CHECK(daily.at("queue") == "default");
    CHECK(daily.at("paused") == false);
    CHECK(daily.at("next_slot").as_string() == to_rfc3339(*api.daily().next_slot));
    CHECK(daily.at("next_slot").as_string().ends_with("T18:00:00Z"));
    CHECK(daily.at("next_slot_local").as_string().ends_with("T03:00:00+09:00"));
    CHECK_FALSE(daily.contains("last_job"));
}

TEST_CASE("schedules are listed page by page") {
    ScheduleApi api;
    const auto first = document(api.api.get("/schedules?limit=1"));
    CHECK(first.at("schedules").at(0).at("name") == "mail");
    const auto rest = document(
        api.api.get("/schedules?limit=1&after=" + std::string(first.at("next_after").as_string())));
    CHECK(rest.at("schedules").at(0).at("name") == "reports/daily");
    CHECK_FALSE(rest.as_object().contains("next_after"));
}

TEST_CASE("operators pause and resume schedules") {
    ScheduleApi api;
    CHECK(document(api.change("pause", "reports/daily")).at("outcome") == "paused");
    CHECK(api.daily().paused);
    const auto paused = document(api.api.get("/schedules?after=mail")).at("schedules").at(0);
    CHECK(paused.at("paused") == true);
    CHECK_FALSE(paused.as_object().contains("next_slot_local"));
    CHECK(api.last_audit() == "pause_schedule|reports/daily|by phone|paused|");
    CHECK(document(api.change("resume", "reports/daily")).at("outcome") == "resumed");
    CHECK_FALSE(api.daily().paused);
    CHECK(api.last_audit() == "resume_schedule|reports/daily|by phone|resumed|");
}

TEST_CASE("operators trigger a schedule, and get the id of its job") {
    ScheduleApi api;
    const auto triggered = document(api.change("trigger", "reports/daily"));
    CHECK(triggered.at("outcome") == "triggered");
    const std::string id(triggered.at("job_id").as_string());
    CHECK(api.api.client.find(*JobId::parse(id))->type == "report");
    CHECK(api.last_audit() == "trigger_schedule|reports/daily|by phone|triggered " + id + '|');
}

TEST_CASE("a change of an unknown schedule is not found, and leaves no schedule behind") {
    ScheduleApi api;
    for (const std::string what : {"pause", "resume", "trigger"})
        CHECK(api.change(what, "none").status == 404);
    CHECK(api.api.post("/schedules/pause", "{}").status == 422);
    CHECK(api.scheduler.list().size() == 2);
}

TEST_CASE("schedules of jobs outside of an operator's view do not exist for it") {
    ScheduleApi api({.visible = [](const http::Principal&, std::string_view queue,
                                   std::string_view) { return queue != "secret"; }});
    const auto schedules = document(api.api.get("/schedules")).at("schedules").as_array();
    REQUIRE(schedules.size() == 1);
    CHECK(schedules[0].at("name") == "reports/daily");
    CHECK(api.change("pause", "mail").status == 404);
}

TEST_CASE("a schedule that was removed meanwhile is not found, and one that fires is a conflict") {
    operations::ScheduleControl control{
        .list = [] { return std::vector<operations::ScheduleView>{{.name = "daily"}}; },
        .pause = [](std::string_view) { throw Error(Errc::not_found, "no such schedule: daily"); },
        .resume = [](std::string_view) { throw Error(Errc::conflict, "it fires"); },
        .trigger = [](std::string_view) { return JobId(); }};
    OperatorApi api({.schedules = std::move(control)});
    const auto status = [&](const std::string& what) {
        return api.post("/schedules/" + what, R"({"name": "daily"})").status;
    };
    CHECK(status("pause") == 404);
    CHECK(status("resume") == 409);
}

TEST_CASE("an API of a host without schedules has no routes for them") {
    OperatorApi api;
    CHECK(api.get("/schedules").status == 404);
}
