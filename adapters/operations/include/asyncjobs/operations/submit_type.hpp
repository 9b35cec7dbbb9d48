#pragma once

#include <asyncjobs/http/submit_route.hpp>

#include <utility>

namespace asyncjobs::inline ASYNCJOBS_ABI::operations {

/// A type of job that operators may submit, with the checks of a submit route of the job API:
/// `http::SubmitRoute<SalesReport>{.job = {.queue = "reports"}}`.
///
/// `job.owner` is the owner of the jobs, by default none. `prepare` may set everything but `type`
/// and `input`; the caller that it gets is the operator. `permit` has to allow the operator, too.
class ASYNCJOBS_OPERATIONS_DECL SubmitType {
public:
    template <typename Input>
    SubmitType(http::SubmitRoute<Input> route) : rule_(http::detail::make_rule(std::move(route))) {}

    /// How a document becomes a job.
    const http::detail::SubmitRule& rule() const noexcept { return rule_; }

private:
    http::detail::SubmitRule rule_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::operations
