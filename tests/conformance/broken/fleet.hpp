#pragma once

#include "operators.hpp"

#include <algorithm>

namespace broken {

/// Gives each heartbeat a number of its own.
struct CountsRepeatedHeartbeats final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    WorkerOrders heartbeat(const WorkerHeartbeat& heartbeat) override {
        WorkerHeartbeat numbered = heartbeat;
        numbered.number = ++last_;
        return inner().heartbeat(numbered);
    }

private:
    std::uint64_t last_ = 0;
};

/// Returns an order until it expires.
struct IgnoresWhatWasObeyed final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    WorkerOrders heartbeat(const WorkerHeartbeat& heartbeat) override {
        WorkerHeartbeat disobedient = heartbeat;
        disobedient.obeyed = 0;
        return inner().heartbeat(disobedient);
    }
};

/// Adds no tally to its hour.
struct KeepsNoHours final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    HistoryPage history(const HistoryQuery& query) override {
        return query.period == TallyPeriod::hour ? HistoryPage{} : inner().history(query);
    }
};

/// Pretends that every worker got the order.
struct OrdersStoppedWorkers final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    bool order(std::string_view worker, const WorkerOrder& order, Duration valid_for) override {
        inner().order(worker, order, valid_for);
        return true;
    }
};

/// Skips the first tally of every page but the first.
struct HistoryHasGaps final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    HistoryPage history(const HistoryQuery& query) override {
        auto page = inner().history(query);
        if (query.after && !page.tallies.empty()) page.tallies.erase(page.tallies.begin());
        return page;
    }
};

/// Returns the oldest audit entries of a page first.
struct AuditsOldestFirst final : ForwardingOperators {
    using ForwardingOperators::ForwardingOperators;
    AuditPage audit(const AuditQuery& query) override {
        auto page = inner().audit(query);
        std::ranges::reverse(page.entries);
        return page;
    }
};

} // namespace broken
