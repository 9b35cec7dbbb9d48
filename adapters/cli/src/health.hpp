#pragma once

#include "pages.hpp"

#include <set>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// The queues, or the types, of workers that run.
inline std::set<std::string> served_by(const std::vector<Document>& workers,
                                       std::string_view member) {
    std::set<std::string> names;
    for (const Document& worker : workers)
        if (worker["state"].text() == "running")
            for (const Document& name : worker[member].items()) names.insert(name.text());
    return names;
}

/// Whether one of the workers runs bulk actions.
inline bool runs_bulk_actions(const std::vector<Document>& workers) {
    return served_by(workers, "types").contains("asyncjobs.bulk");
}

inline bool has_due_jobs(const Document& queue) { return queue["due.value"].number() > 0; }
inline bool is_paused(const Document& queue) { return !queue["paused_since"].is_null(); }

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
