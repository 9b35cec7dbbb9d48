#include "store/sql_operator_store.hpp"

#include "db/row_of.hpp"
#include "statements/statements.hpp"
#include "store/job_row.hpp"

#include <asyncjobs/store/operator_helpers.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

AuditEntry read_entry(Row cells) {
    RowOf<columns::audit_entry> row(cells);
    AuditEntry entry;
    entry.id = parse_id(row.text("id"));
    entry.at = row.time("recorded_at");
    entry.who = row.take_text("who");
    entry.from = row.take_text("origin");
    entry.action = row.take_text("action");
    entry.target = row.take_text("target");
    entry.reason = row.take_text("reason");
    entry.outcome = row.take_text("outcome");
    return entry;
}

} // namespace

void SqlJobStore::Operators::record(const AuditEntry& entry) {
    validate(entry);
    store_.transact(Access::writing, [&](Session& session, CallTime now) {
        return session.query(sql().fleet.add_audit_entry)
            .change(entry.id, now, entry.who, entry.from, entry.action, entry.target, entry.reason,
                    entry.outcome);
    });
}

AuditPage SqlJobStore::Operators::audit(const AuditQuery& query) {
    validate(query);
    return store_.transact(Access::reading, [&](Session& session, CallTime) {
        AuditPage page;
        session.query(sql().fleet.audit_entries)
            .for_each(
                [&](Row row) {
                    if (page.entries.size() == query.limit)
                        page.next = page.entries.back().id;
                    else
                        page.entries.push_back(read_entry(row));
                },
                query.before ? query.before->text() : after_all_ids, query.limit + 1);
        return page;
    });
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
