#pragma once

#include "host_database.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace soci_test {

using MakeHost = std::function<std::unique_ptr<HostDatabase>()>;

/// What holds of a host's transactions on every database; each a subcase of the test that calls
/// this, on a database of its own.
void check_host_transactions(const MakeHost& make_host);

/// A host's session in which the statement sets what the store can't work with is refused.
void check_setting_is_refused(HostDatabase& database, const std::string& set);

/// A side effect that commits with its job's completion happens exactly once, wherever the
/// handler's transaction breaks off.
void check_exactly_once(HostDatabase& database);

/// Of 64 concurrent submitters of one key, half of which roll back, one creates the job.
void check_race_for_unique_key(HostDatabase& database);
void check_race_for_idempotency_key(HostDatabase& database);

/// A submit that waits for a host's open transaction holds up no other of its Client.
void check_waiting_submit_holds_up_no_other(HostDatabase& database);

} // namespace soci_test
