#pragma once

#include <asyncjobs/http/message.hpp>
#include <asyncjobs/json.hpp>

#include <boost/json/object.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// The violations in a well-formed request; the response is a 422 that lists all of them.
class ASYNCJOBS_HTTP_DECL Violations {
public:
    /// `pointer` is a JSON pointer into the request's document: `/from`. Ignored if reading the
    /// document has already found a mismatch there or in an enclosing value, and beyond
    /// json::most_mismatches.
    void add(std::string pointer, std::string detail);

    bool empty() const noexcept { return found_.empty(); }
    /// In the order in which they were found.
    const json::Mismatches& all() const noexcept { return found_; }

    /// Adds the mismatches that reading has found. From then on add() ignores those places.
    void found_by_reading(json::Mismatches mismatches);

private:
    json::Mismatches found_;
    std::size_t read_ = 0;
};

/// An error response (RFC 9457). Throw it from a route's handler, or pass it to JobApi::refuse().
///
/// `code` is stable and for programs (`not_found`); the problem's `type` is derived from it.
/// `detail` is for people and must not contain secrets.
class ASYNCJOBS_HTTP_DECL ASYNCJOBS_VISIBLE Problem : public std::exception {
public:
    Problem(unsigned status, std::string code, std::string detail);

    Problem&& with_header(std::string name, std::string value) &&; ///< sets a field of the response
    /// Adds up to json::most_mismatches errors, and `more_errors` if there are more.
    Problem&& with_errors(const json::Mismatches& errors) &&;
    /// Sets a member of the problem's document.
    Problem&& with_member(std::string_view name, boost::json::value value) &&;

    const char* what() const noexcept override { return detail_.c_str(); }
    unsigned status() const noexcept { return status_; }       ///< HTTP's, such as 404
    const std::string& code() const noexcept { return code_; } ///< for programs

    /// The response in `application/problem+json`; `instance` identifies this occurrence. A 422
    /// without errors gets one with its detail, for the request as a whole.
    Response response(std::string_view instance) const;

private:
    unsigned status_;
    std::string code_;
    std::string detail_;
    Headers headers_;
    boost::json::object members_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
