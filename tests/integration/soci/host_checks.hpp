#pragma once

#include "host_database.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace soci_test {

using MakeHost = std::function<std::unique_ptr<HostDatabase>()>;

/// Checks a host's transactions, on every database; each check is a subcase of the test that calls
/// this, on its own database.
void check_host_transactions(const MakeHost& make_host);

/// A pool's session submits a job.
void check_pooled_session(HostDatabase& database);

/// A host's connection is refused after the statement `set`.
void check_setting_is_refused(HostDatabase& database, const std::string& set);

/// A side effect that commits with its job's completion happens exactly once, wherever the
/// handler's transaction is interrupted.
void check_exactly_once(HostDatabase& database);

/// Of 64 concurrent submitters of one key, half of which roll back, one creates the job.
void check_race_for_unique_key(HostDatabase& database);
void check_race_for_idempotency_key(HostDatabase& database);

/// A submit that waits for a host's open transaction does not delay other submits of its Client.
void check_waiting_submit_delays_no_other(HostDatabase& database);

} // namespace soci_test
