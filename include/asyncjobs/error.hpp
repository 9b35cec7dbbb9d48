#pragma once

#include <asyncjobs/config.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace asyncjobs::inline ASYNCJOBS_ABI {

/// What went wrong. Compare with Condition to decide how to react.
enum class Errc {
    invalid_argument = 1, ///< an option or a field breaks its rule; the message names all three
    invalid_payload,      ///< a JSON text that no store accepts, or that does not fit its type
    not_found,            ///< no such job
    conflict,             ///< the job's status does not allow the call
    store_busy,           ///< lock wait, deadlock, serialization failure; nothing happened
    store_unavailable,    ///< the database can't be reached; nothing happened
    store_full,           ///< disk or quota exhausted; nothing happened
    unknown_outcome,      ///< the reply to a commit was lost: it happened or not
    store_failure,        ///< any other fault of the store; a retry will not help
    schema_mismatch,      ///< the tables are missing, of another version, or another program's;
                          ///< nothing happened
    unsupported,          ///< the store lacks a member of StoreCapabilities; nothing happened
    overloaded, ///< a bounded pool or queue is full, or the system has no threads, descriptors or
                ///< memory left; nothing happened
    stopped,    ///< the object has been stopped
};

/// Portable classes of errors: `if (error.code() == Condition::retryable) ...`
enum class Condition {
    retryable = 1, ///< a retry may help
    conflict,
    not_found,
    invalid, ///< the caller must change its request
};

ASYNCJOBS_DECL ASYNCJOBS_VISIBLE const std::error_category& error_category() noexcept; ///< of Errc
/// Of Condition.
ASYNCJOBS_DECL ASYNCJOBS_VISIBLE const std::error_category& condition_category() noexcept;

/// Called by the standard library when a std::error_code is made of an Errc.
ASYNCJOBS_DECL std::error_code make_error_code(Errc) noexcept;
/// Called by the standard library when a std::error_condition is made of a Condition.
ASYNCJOBS_DECL std::error_condition make_error_condition(Condition) noexcept;

/// Compares categories by name, as comparisons with a Condition do: in a process whose plugins have
/// their own copies of this library, one category is several objects.
ASYNCJOBS_DECL bool operator==(const std::error_code& code, Errc expected) noexcept;

/// The one exception type of the library.
///
/// `what()` is for developers and logs: it names the field, the value and the rule, and never holds
/// SQL or a bound value.
class ASYNCJOBS_DECL ASYNCJOBS_VISIBLE Error : public std::system_error {
public:
    Error(Errc code, const std::string& message);

    /// The constructor's message: `what()` without the code's name at its end.
    std::string message() const;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI

/// An Errc converts to a std::error_code.
template <>
struct std::is_error_code_enum<asyncjobs::Errc> : std::true_type {};
/// A Condition converts to a std::error_condition.
template <>
struct std::is_error_condition_enum<asyncjobs::Condition> : std::true_type {};

#ifdef ASYNCJOBS_HEADER_ONLY
#include <asyncjobs/impl/error.ipp>
#endif
