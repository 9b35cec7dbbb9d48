#pragma once

#include "database.hpp"

namespace workers_test {

/// Four workers process the database's jobs while they are killed, and paused for longer than their
/// lease, and while the database's server, if it has one, is restarted and killed. Checks that the
/// recorded history keeps the promises.
void check_workers_under_faults(const Database& database);

} // namespace workers_test
