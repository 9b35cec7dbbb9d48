#pragma once

#include "message/router.hpp"
#include "routes/submitter.hpp"

#include <asyncjobs/http/api_options.hpp>

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The handlers of the routes that submit jobs: they make the job of a request.
///
/// Thread-safety  Full, except allow(), which only precedes the first request.
class SubmitRoutes {
public:
    using GenericTypes = std::map<std::string, detail::SubmitRule, std::less<>>;

    explicit SubmitRoutes(Submitter::Parts parts)
        : options_(parts.options), submitter_(std::move(parts)) {}

    /// Throws Error (Errc::invalid_argument) that names `route`, the member and the rule.
    static void check(const detail::SubmitRule& rule, const std::string& route);

    /// Allows a type for submit_generic(). Throws Error (Errc::invalid_argument) if it already is.
    void allow(detail::SubmitRule rule);
    const GenericTypes& generic_types() const noexcept { return generic_types_; }

    HandlerResult submit(const detail::SubmitRule& rule, const Call& call);
    HandlerResult submit_generic(const Call& call);

private:
    HandlerResult accept(const detail::SubmitRule& rule, NewJob job, JsonText input,
                         const Call& call);

    const ApiOptions& options_;
    Submitter submitter_;
    GenericTypes generic_types_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
