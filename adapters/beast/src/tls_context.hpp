#pragma once

#include <asyncjobs/beast/server.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {

/// The TLS context of a server; nullptr without a certificate. Throws Error
/// (Errc::invalid_argument) for unusable files.
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const TlsOptions& options);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
