#pragma once

#include "store/dialect.hpp"

#include <asyncjobs/soci/host_transaction.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A host's session inside the host's open transaction, and its dialect.
struct HostSession {
    const Dialect& dialect;
    std::unique_ptr<Session> session;
};

/// These throw Error if the session has no usable open transaction, or a wrong encoding.
HostSession borrow_sqlite(soci::session& host, const HostTables& tables);
HostSession borrow_postgresql(soci::session& host, const HostTables& tables);
HostSession borrow_mysql(soci::session& host, const HostTables& tables);

[[noreturn]] inline void refuse_without_transaction() {
    throw Error(Errc::conflict, "the session has no open transaction; begin one first");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
