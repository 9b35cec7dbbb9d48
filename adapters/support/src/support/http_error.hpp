#pragma once

#include <asyncjobs/config.hpp>

#include <boost/system/system_error.hpp>

namespace asyncjobs::inline ASYNCJOBS_ABI::support {

/// The step at which an exchange failed.
enum class HttpStep {
    look_up,   ///< looking up the host's addresses
    check,     ///< checking whether they are allowed
    connect,   ///< connecting to one of them
    handshake, ///< shaking hands, with the check of the certificate
    open_body, ///< opening the file that is the request's body
    send,      ///< sending the request
    receive,   ///< receiving the response
};

/// A failed exchange. Its text quotes nothing of the request or the response.
class HttpError : public boost::system::system_error {
public:
    HttpError(HttpStep step, const boost::system::error_code& code)
        : system_error(code), step_(step) {}

    HttpStep step() const noexcept { return step_; }
    bool timed_out() const noexcept { return code() == timeout(); }

    /// The code of a step that missed its deadline.
    static boost::system::error_code timeout() noexcept;

private:
    HttpStep step_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::support
