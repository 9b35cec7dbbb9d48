#pragma once

#include "dialect.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// What SQLite's extended result code means to a caller.
///
/// `system_errno` is the operating system's, where the file system was the cause. A commit that
/// failed on writing its frames never happened, as the one that seals it is the last; one that
/// failed on anything else may come to light at the next recovery.
Fault sqlite_fault(int result, int system_errno, Stage stage, std::string_view message);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
