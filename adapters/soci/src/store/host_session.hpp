#pragma once

#include "store/dialect.hpp"

#include <asyncjobs/soci/host_transaction.hpp>

#include <soci/soci.h>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A session on a host's connection, inside the host's open transaction, and its dialect.
struct HostSession {
    const Dialect& dialect;
    std::unique_ptr<Session> session;
};

/// These throw Error if the connection has no usable open transaction, or a wrong encoding.
HostSession borrow_sqlite(HostConnection host, const HostTables& tables);
HostSession borrow_postgresql(HostConnection host, const HostTables& tables);
HostSession borrow_mysql(HostConnection host, const HostTables& tables);

/// Returns the client library's handle. `Backend` is SOCI's session backend for the database.
template <typename Backend>
auto handle_of(HostConnection host) {
    if (host.kind() != HostConnection::Kind::soci)
        return static_cast<decltype(Backend::conn_)>(host.handle());
    return static_cast<Backend*>(static_cast<soci::session*>(host.handle())->get_backend())->conn_;
}

[[noreturn]] inline void refuse_without_transaction() {
    throw Error(Errc::conflict, "the connection has no open transaction; begin one first");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
