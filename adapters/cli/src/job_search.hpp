#pragma once

#include "session.hpp"

#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// The options that choose jobs, and the target of a search by them.
std::vector<Parameter> search_options();
Target search_target(Session& session);

/// The columns of jobs.
Listing job_listing();

inline bool has_finished(const Document& job) {
    const auto status = job["status"].text();
    return status != "pending" && status != "processing";
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
