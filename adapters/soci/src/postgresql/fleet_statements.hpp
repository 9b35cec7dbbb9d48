#pragma once

#include "postgresql/fragments.hpp"
#include "statements/operator_statements.hpp"

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::postgresql {

/// Rows are deleted by what was looked up before: no join can be planned as a scan.
inline constexpr OperatorStatements operator_statements = {
    .fleet = {
        .forget_tallies = {"fleet.forget_tallies", R"sql(
            DELETE FROM job_tallies
             WHERE ctid = ANY(ARRAY(SELECT ctid FROM job_tallies
                                     WHERE period = :period AND start < :until
                                     ORDER BY start LIMIT :n FOR UPDATE SKIP LOCKED))
        )sql"},
        .forget_audit_entries = {"fleet.forget_audit_entries", R"sql(
            DELETE FROM job_audit
             WHERE id = ANY(ARRAY(SELECT id FROM job_audit WHERE id < :before
                                   ORDER BY id LIMIT :n))
        )sql"},
    }};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter::postgresql
