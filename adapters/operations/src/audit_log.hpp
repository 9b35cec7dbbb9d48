#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/http/call.hpp>
#include <asyncjobs/log_entry.hpp>
#include <asyncjobs/store/operator_store.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// What an operator is about to do.
struct Act {
    std::string action = {};
    std::string target = {};
    std::string reason = {};
};

/// Records what operators do.
///
/// Thread-safety  Full.
class AuditLog {
public:
    AuditLog(Client& client, OperatorStore& store, std::function<void(const LogEntry&)> log)
        : client_(client), store_(store), log_(std::move(log)) {}

    /// Calls `perform`, records the outcome that it returns, or its fault, and returns it.
    std::string record(const http::Call& call, Act act,
                       const std::function<std::string()>& perform) const;

private:
    void keep(const http::Call& call, Act act, std::string outcome) const noexcept;

    Client& client_;
    OperatorStore& store_;
    const std::function<void(const LogEntry&)> log_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
