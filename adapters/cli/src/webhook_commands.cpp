#include "session.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

Exit list_webhooks(Session& session) {
    const Listing listing{.array = "webhooks",
                          .id = "name",
                          .columns = {{"ENDPOINT", "name"},
                                      {"HOST", "host"},
                                      {"URL", "url", Kind::note},
                                      {"EVENTS", "events", Kind::list},
                                      {"DISABLED", "disabled_because"}}};
    Target target("/webhooks");
    target.parameter("owner", session.arguments.required("owner"));
    session.output.list(listing, session.connection_to_webhooks().get(target), std::nullopt);
    return Exit::done;
}

Exit change_webhook(Session& session, std::string_view path) {
    ObjectText body;
    body.text("owner", session.arguments.required("owner"))
        .text("name", session.arguments.required("name"))
        .text_if("reason", session.reason());
    const auto reply = session.connection_to_webhooks().post(Target(std::string(path)), body);
    session.output.sentence(reply, reply["outcome"].text());
    return Exit::done;
}

Exit enable_webhook(Session& session) { return change_webhook(session, "/webhooks/enable"); }
Exit disable_webhook(Session& session) { return change_webhook(session, "/webhooks/disable"); }

} // namespace

std::vector<Command> webhook_commands() {
    const Parameter owner{.name = "owner", .help = "Owner of the endpoints", .required = true};
    const Parameter name{.name = "name", .help = "Name of the endpoint", .required = true};
    return {
        {.name = "webhooks list",
         .help = "Endpoints of an owner's webhooks",
         .parameters = {owner},
         .run = list_webhooks},
        {.name = "webhooks enable",
         .help = "Notify an endpoint again",
         .parameters = {owner, name, reason_option()},
         .run = enable_webhook},
        {.name = "webhooks disable",
         .help = "Notify an endpoint no more",
         .parameters = {owner, name, reason_option()},
         .run = disable_webhook},
    };
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
