#include <asyncjobs/operations/rights.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

std::string_view to_string(Right right) noexcept {
    switch (right) {
    case Right::see:
        return "see";
    case Right::see_payloads:
        return "see_payloads";
    case Right::cancel:
        return "cancel";
    case Right::retry:
        return "retry";
    case Right::remove:
        return "remove";
    case Right::submit:
        return "submit";
    case Right::pause:
        return "pause";
    case Right::workers:
        return "workers";
    case Right::limits:
        return "limits";
    case Right::schedules:
        return "schedules";
    case Right::webhooks:
        return "webhooks";
    case Right::bulk:
        return "bulk";
    case Right::audit:
        return "audit";
    }
    return "unknown";
}

const std::vector<Right>& all_rights() {
    static const std::vector<Right> all = {
        Right::see,      Right::see_payloads, Right::cancel,  Right::retry,  Right::remove,
        Right::submit,   Right::pause,        Right::workers, Right::limits, Right::schedules,
        Right::webhooks, Right::bulk,         Right::audit};
    return all;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
