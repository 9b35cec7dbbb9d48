#pragma once

#include <asyncjobs/job.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// An endpoint of webhooks, as operators see it: without its secrets.
struct WebhookView {
    std::string name = {};
    std::string url = {};
    std::vector<std::string> events = {}; ///< `job.completed`, for example
    std::string disabled = {};            ///< why it is disabled; empty: it is enabled
};

/// What operators do with the host's webhooks; webhooks_of() makes it. All functions are set, or
/// none.
///
/// Thread-safety  The functions are called from several of the API's threads at once.
/// Errors         They throw Error, with Errc::not_found for an unknown endpoint.
struct WebhookControl {
    std::function<std::vector<WebhookView>(std::string_view owner)> list = {}; ///< by name
    std::function<void(std::string_view owner, std::string_view name)> enable = {};
    std::function<void(std::string_view owner, std::string_view name, std::string why)> disable =
        {};
};

/// Returns what operators do with the endpoints of an asyncjobs::Webhooks, for Options::webhooks.
///
/// Ownership      Borrows the webhooks, which must outlive the API.
template <typename Webhooks>
WebhookControl webhooks_of(Webhooks& webhooks) {
    const auto list = [&webhooks](std::string_view owner) {
        std::vector<WebhookView> views;
        for (const auto& endpoint : webhooks.endpoints(owner)) {
            WebhookView view{
                .name = endpoint.name, .url = endpoint.url, .disabled = endpoint.disabled};
            for (const JobStatus event : endpoint.events)
                view.events.push_back("job." + std::string(to_string(event)));
            views.push_back(std::move(view));
        }
        return views;
    };
    return {
        .list = list,
        .enable = [&webhooks](std::string_view owner,
                              std::string_view name) { webhooks.enable(owner, name); },
        .disable = [&webhooks](std::string_view owner, std::string_view name,
                               std::string why) { webhooks.disable(owner, name, std::move(why)); }};
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
