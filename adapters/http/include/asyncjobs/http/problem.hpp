#pragma once

#include <asyncjobs/http/message.hpp>
#include <asyncjobs/json.hpp>

#include <boost/json/object.hpp>

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// What is wrong with a well-formed request: answered as 422 with all of it at once.
class ASYNCJOBS_HTTP_DECL Violations {
public:
    /// `pointer` is a JSON pointer into the request's document: `/from`. Ignored where reading the
    /// document has found fault with that place, or with one around it, already; and where there
    /// are more than json::most_mismatches.
    void add(std::string pointer, std::string detail);

    bool empty() const noexcept { return found_.empty(); }
    const json::Mismatches& all() const noexcept { return found_; }

    /// Takes over what reading has found. From then on those places are closed to add().
    void found_by_reading(json::Mismatches mismatches);

private:
    json::Mismatches found_;
    std::size_t read_ = 0;
};

/// An answer other than success, in the words of RFC 9457. Throw it from a route's handler, or let
/// JobApi::refuse() render it.
///
/// `code` is stable and for programs (`not_found`); the problem's `type` is derived from it.
/// `detail` is for people and must hold nothing secret.
class ASYNCJOBS_HTTP_DECL ASYNCJOBS_VISIBLE Problem : public std::exception {
public:
    Problem(unsigned status, std::string code, std::string detail);

    Problem&& with_header(std::string name, std::string value) &&;
    /// Up to json::most_mismatches; `more_errors` says that there are more.
    Problem&& with_errors(const json::Mismatches& errors) &&;
    Problem&& with_member(std::string_view name, boost::json::value value) &&;

    const char* what() const noexcept override { return detail_.c_str(); }
    unsigned status() const noexcept { return status_; }
    const std::string& code() const noexcept { return code_; }

    /// As `application/problem+json`; `instance` names this occurrence. A 422 without errors has
    /// one, of the request as a whole: its detail.
    Response response(std::string_view instance) const;

private:
    unsigned status_;
    std::string code_;
    std::string detail_;
    Headers headers_;
    boost::json::object members_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
