#pragma once

#include <asyncjobs/http/call.hpp>
#include <asyncjobs/http/problem.hpp>
#include <asyncjobs/http/submit_route.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <vector>

/// The jobs that submit routes make: their template, what a host's `prepare` may change, and what
/// the library adds.
namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Throws Error (Errc::invalid_argument) for a template that is invalid or sets a member that
/// follows from the request or that only `prepare` can know.
void check_template(const NewJob& job);

/// The job of a request, for `prepare`: the template with the caller as owner.
NewJob job_for(const detail::SubmitRule& rule, const Call& call);

/// Throws std::logic_error, which becomes a 500 and a log entry, if `prepare` has set a member that
/// follows from the route or the request, or one to a value that breaks a rule. The job has no
/// input yet.
void check_prepared(const NewJob& job, const NewJob& kind, const std::string& owner);

/// Derives the unique key of a job with its input. Throws Problem (422) if the input lacks a member
/// that unique_by names.
void derive_unique_key(NewJob& job, Timestamp now);

/// Adds members of the library to the host's metadata, whose text stays as it is.
void add_to_metadata(NewJob& job, const boost::json::object& members);

/// The jobs that `make` returns for `job`. An Errc::invalid_argument becomes a Problem (422).
template <typename Make, typename SomeJob>
std::vector<NewJob> companions(const Make& make, const SomeJob& job, const Call& call) {
    try {
        return make(job, call);
    } catch (const Error& error) {
        if (error.code() != Errc::invalid_argument) throw;
        throw Problem(422, "invalid_input", error.message());
    }
}

/// A 422 for a member of the job that breaks a rule.
Problem invalid_member(std::string detail);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
