#pragma once

#include "store/dialect.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Classifies SQLite's extended result code.
///
/// `system_errno` is the operating system's, if the file system was the cause. A commit that failed
/// to write its frames did not happen, as the last frame commits it; one that failed otherwise may
/// appear at the next recovery.
Fault sqlite_fault(int result, int system_errno, Stage stage, std::string_view message);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
