#pragma once

#include <asyncjobs/config.hpp>

#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// One step of a schema's upgrade.
struct Migration {
    int version = 0; ///< of the schema after this step
    std::string sql = {};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI
