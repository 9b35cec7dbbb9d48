#include "tls_context.hpp"

#include <asyncjobs/detail/argument_check.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::beast {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr std::string_view http_1_1 = "\x08http/1.1"; ///< as ALPN writes it

/// Selects HTTP/1.1 from the client's protocols, or ends the handshake: a client that wants another
/// protocol must not get this one.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void*) {
    const auto* ours = reinterpret_cast<const unsigned char*>(http_1_1.data());
    auto* found = const_cast<unsigned char**>(chosen);
    return SSL_select_next_proto(found, length, ours, static_cast<unsigned>(http_1_1.size()),
                                 offered, offered_length) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void check(std::string_view option, const std::string& file, std::string_view rule,
           const error_code& error) {
    if (error) asyncjobs::detail::refuse(option, file, std::string(rule) + " (" + error.message() + ')');
}

} // namespace

std::shared_ptr<ssl::context> make_tls_context(const TlsOptions& options) {
    if (options.certificate_file.empty() && options.key_file.empty()) return nullptr;
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_alpn_select_cb(context->native_handle(), choose_protocol, nullptr);
    error_code error;
    // Otherwise OpenSSL prompts at the terminal for the password of an encrypted key.
    context->set_password_callback([](auto...) { return std::string(); }, error);
    context->use_certificate_chain_file(options.certificate_file, error);
    check("tls.certificate_file", options.certificate_file,
          "must be a PEM file with the server's certificate chain", error);
    context->use_private_key_file(options.key_file, ssl::context::pem, error);
    check("tls.key_file", options.key_file,
          "must be a PEM file with the certificate's key, without a password", error);
    return context;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::beast
