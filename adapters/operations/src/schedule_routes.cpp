#include "operation.hpp"
#include "parameters.hpp"
#include "service.hpp"

#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/http/parameters.hpp>

#include <algorithm>
#include <functional>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

struct ScheduleDocument {
    std::string name = {};
    std::string cron = {};
    std::string zone = {};
    std::string type = {};
    std::string queue = {};
    bool paused = false;
    std::optional<Timestamp> next_slot = {};
    std::optional<std::string> next_slot_local = {}; ///< in the zone
    std::optional<Timestamp> last_slot = {};
    std::optional<std::string> last_job = {};
};
BOOST_DESCRIBE_STRUCT(ScheduleDocument, (),
                      (name, cron, zone, type, queue, paused, next_slot, next_slot_local, last_slot,
                       last_job))

struct ScheduleListDocument {
    std::vector<ScheduleDocument> schedules = {};
    std::optional<std::string> next_after = {};
    Timestamp now = {};
};
BOOST_DESCRIBE_STRUCT(ScheduleListDocument, (), (schedules, next_after, now))

/// The document of a request.
struct ScheduleChangeDocument {
    std::string name = {};
    std::string reason = {};
};
BOOST_DESCRIBE_STRUCT(ScheduleChangeDocument, (), (name, reason))

struct ScheduleOutcomeDocument {
    std::string outcome = {};
    std::optional<std::string> job_id = {}; ///< of the job that a trigger submitted
};
BOOST_DESCRIBE_STRUCT(ScheduleOutcomeDocument, (), (outcome, job_id))

namespace {

ScheduleDocument document_of_schedule(const ScheduleView& schedule) {
    ScheduleDocument document{.name = schedule.name,
                              .cron = schedule.cron,
                              .zone = schedule.zone,
                              .type = schedule.type,
                              .queue = schedule.queue,
                              .paused = schedule.paused,
                              .next_slot = schedule.next_slot,
                              .next_slot_local = schedule.next_slot_local,
                              .last_slot = schedule.last_slot};
    if (schedule.last_job) document.last_job = std::string(schedule.last_job->text());
    return document;
}

/// The schedules whose jobs the caller sees, by name.
std::vector<ScheduleView> shown_schedules(const Service& service, const http::Call& call) {
    auto schedules = service.options.schedules.list();
    std::erase_if(schedules, [&](const ScheduleView& schedule) {
        return !service.shows(call, schedule.queue, schedule.type);
    });
    return schedules;
}

http::Response schedules(Service& service, const http::Call& call) {
    const auto after = read_text(call, "after").value_or("");
    const auto limit = http::read_limit(call.query, 100, 1'000);
    ScheduleListDocument document{.now = service.overview.get()->counts.now};
    for (const ScheduleView& schedule : shown_schedules(service, call)) {
        if (schedule.name <= after) continue;
        if (document.schedules.size() == limit) {
            document.next_after = document.schedules.back().name;
            break;
        }
        document.schedules.push_back(document_of_schedule(schedule));
    }
    return document_response(document);
}

/// A change of the schedule that the request names. `perform` returns the outcome.
http::Response
change(Service& service, const http::Call& call, std::string action,
       const std::function<ScheduleOutcomeDocument(const std::string& name)>& perform) {
    const auto request = http::read_document<ScheduleChangeDocument>(call.request, {"name"});
    const auto known = shown_schedules(service, call);
    if (std::ranges::find(known, request.name, &ScheduleView::name) == known.end())
        throw http::Problem(404, "not_found", "no such schedule");
    ScheduleOutcomeDocument document;
    service.audit.record(
        call, {.action = std::move(action), .target = request.name, .reason = request.reason}, [&] {
            document = perform(request.name);
            return document.job_id ? document.outcome + ' ' + *document.job_id : document.outcome;
        });
    return document_response(document);
}

http::Response pause(Service& service, const http::Call& call) {
    return change(service, call, "pause_schedule", [&](const std::string& name) {
        service.options.schedules.pause(name);
        return ScheduleOutcomeDocument{.outcome = "paused"};
    });
}

http::Response resume(Service& service, const http::Call& call) {
    return change(service, call, "resume_schedule", [&](const std::string& name) {
        service.options.schedules.resume(name);
        return ScheduleOutcomeDocument{.outcome = "resumed"};
    });
}

http::Response trigger(Service& service, const http::Call& call) {
    return change(service, call, "trigger_schedule", [&](const std::string& name) {
        const JobId id = service.options.schedules.trigger(name);
        return ScheduleOutcomeDocument{.outcome = "triggered", .job_id = std::string(id.text())};
    });
}

} // namespace

std::vector<OperatorRoute> schedule_routes() {
    const auto changing = [](std::string_view id, std::string_view summary) {
        return operation({.id = id,
                          .summary = summary,
                          .response = schema<ScheduleOutcomeDocument>(),
                          .request = request_schema<ScheduleChangeDocument>()});
    };
    return {
        {"GET", "/operator/schedules", Right::see, schedules,
         operation({.id = "listSchedules",
                    .summary = "Schedules by name",
                    .response = schema<ScheduleListDocument>(),
                    .parameters = {{"after", "Begin after this name"},
                                   {"limit", "Schedules in the page, at most"}}})},
        {"POST", "/operator/schedules/pause", Right::schedules, pause,
         changing("pauseSchedule", "Pause a schedule")},
        {"POST", "/operator/schedules/resume", Right::schedules, resume,
         changing("resumeSchedule", "Resume a schedule, from its next slot on")},
        {"POST", "/operator/schedules/trigger", Right::schedules, trigger,
         changing("triggerSchedule", "Submit a schedule's job now, in addition to its slots")},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
