#include "audit_log.hpp"

#include <asyncjobs/detail/text_rules.hpp>
#include <asyncjobs/http/json_reader.hpp>
#include <asyncjobs/http/problem.hpp>

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

std::string AuditLog::record(const http::Call& call, Act act,
                             const std::function<std::string()>& perform) const {
    if (act.reason.size() > Cancellation::max_reason)
        throw http::invalid_input(
            {{"/reason", fmt::format("must be at most {} bytes", Cancellation::max_reason)}});
    std::string outcome;
    try {
        outcome = perform();
    } catch (const http::Problem& problem) {
        keep(call, std::move(act), problem.code());
        throw;
    } catch (const Error& error) {
        keep(call, std::move(act), error.message());
        throw;
    }
    keep(call, std::move(act), outcome);
    return outcome;
}

void AuditLog::keep(const http::Call& call, Act act, std::string outcome) const noexcept {
    const std::string action = act.action;
    try {
        const std::string& who = call.principal.owner;
        const auto shown = [](const std::string& text) {
            return std::string(asyncjobs::detail::shortened(text, AuditEntry::max_text));
        };
        store_.record({.id = client_.make_id(),
                       .who = who.empty() ? "anonymous" : who,
                       .from = call.request.client_address,
                       .action = action,
                       .target = shown(act.target),
                       .reason = std::move(act.reason),
                       .outcome = shown(outcome)});
    } catch (const std::exception& error) {
        if (log_)
            log_({.level = LogEntry::Level::error,
                  .message = fmt::format("the audit lacks an entry of the action {}: {}", action,
                                         error.what())});
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
