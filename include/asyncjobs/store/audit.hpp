#pragma once

#include <asyncjobs/job_id.hpp>
#include <asyncjobs/time.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// Something that an operator did.
struct AuditEntry {
    static constexpr std::size_t max_text = 2'000; ///< bytes of `target`, `reason` and `outcome`

    JobId id = {};            ///< of the entry: made like a job's, so that ids follow time
    Timestamp at = {};        ///< by the store's clock; set by the store
    std::string who = {};     ///< the operator
    std::string from = {};    ///< a network address, or a program
    std::string action = {};  ///< `retry`, `pause`, ...
    std::string target = {};  ///< a job, a queue, a worker or a filter
    std::string reason = {};  ///< the operator's words
    std::string outcome = {}; ///< `done`, or why it was refused

    friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

/// Which entries to read, newest first.
struct AuditQuery {
    static constexpr std::size_t max_limit = 1'000;
    static constexpr Duration kept_for = std::chrono::hours{24 * 400};

    std::optional<JobId> before = {}; ///< continues a page: AuditPage::next
    std::size_t limit = 50;           ///< 1 - max_limit
};

/// The result of OperatorStore::audit().
struct AuditPage {
    std::vector<AuditEntry> entries = {};
    std::optional<JobId> next = {}; ///< continue with `before` = this; empty: these are all
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
