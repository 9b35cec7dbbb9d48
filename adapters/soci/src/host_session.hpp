#pragma once

#include "dialect.hpp"

#include <asyncjobs/soci/host_transaction.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A host's session inside the host's open transaction, and how to speak to it.
struct HostSession {
    const Dialect& dialect;
    std::unique_ptr<Session> session;
};

/// These throw Error if the session has no open transaction that can go on, or not the encoding
/// that texts are in.
HostSession borrow_sqlite(soci::session& host, const HostTables& tables);
HostSession borrow_postgresql(soci::session& host, const HostTables& tables);
HostSession borrow_mysql(soci::session& host, const HostTables& tables);

[[noreturn]] inline void refuse_without_transaction() {
    throw Error(Errc::conflict, "the session has no open transaction; begin one first");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
