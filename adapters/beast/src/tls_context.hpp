#pragma once

#include <asyncjobs/beast/server.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

/// What a server's handshakes need; nothing where it has no certificate. Throws Error
/// (Errc::invalid_argument) for files that can't be used.
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const TlsOptions& options);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
