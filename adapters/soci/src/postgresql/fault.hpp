#pragma once

#include "store/dialect.hpp"

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// `is_connected`: whether the session still seems connected after the fault.
Fault postgresql_fault(std::string_view sqlstate, bool is_connected, Stage stage);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
