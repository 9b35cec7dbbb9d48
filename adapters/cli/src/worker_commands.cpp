#include "pages.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

Exit list_workers(Session& session) {
    const Listing listing{.array = "workers",
                          .id = "worker",
                          .columns = {{"WORKER", "worker"},
                                      {"STATE", "state", Kind::status},
                                      {"RUNNING", "running", Kind::number},
                                      {"OF", "concurrency", Kind::number},
                                      {"HOST", "host"},
                                      {"VERSION", "version"},
                                      {"STARTED", "started_at", Kind::time},
                                      {"HEARTBEAT", "last_heartbeat", Kind::time},
                                      {"QUEUES", "queues", Kind::list}}};
    return list_by_name(session, listing);
}

Exit order_worker(Session& session, std::string_view member, std::string_view value) {
    ObjectText body;
    body.text("worker", session.arguments.required("worker")).raw(member, value);
    body.text_if("reason", session.reason());
    const auto reply = session.connection().post(Target("/workers/order"), body);
    session.output.sentence(reply, "ordered: " + reply["outcome"].text());
    return Exit::done;
}

Exit quiet_worker(Session& session) { return order_worker(session, "quiet", "true"); }
Exit resume_worker(Session& session) { return order_worker(session, "quiet", "false"); }

Exit set_worker_concurrency(Session& session) {
    const auto jobs = session.arguments.number("jobs", 1, 1, 10'000);
    return order_worker(session, "concurrency", std::to_string(jobs));
}

} // namespace

std::vector<Command> worker_commands() {
    const Parameter worker{.name = "worker", .help = "Name of the worker", .required = true};
    return {
        {.name = "workers list",
         .help = "Workers: state, load, last heartbeat",
         .parameters = {limit_option()},
         .run = list_workers,
         .is_default = true},
        {.name = "workers quiet",
         .help = "Order a worker to claim nothing more",
         .parameters = {worker, reason_option()},
         .run = quiet_worker},
        {.name = "workers resume",
         .help = "Order a worker to claim again",
         .parameters = {worker, reason_option()},
         .run = resume_worker},
        {.name = "workers concurrency",
         .help = "Order a worker to run fewer or more jobs at once",
         .parameters = {worker,
                        {.name = "jobs", .help = "Jobs at once, 1-10000", .required = true},
                        reason_option()},
         .run = set_worker_concurrency},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
