#pragma once

#include <asyncjobs/job.hpp>

#include <boost/json/value.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http {

/// Writes one JSON object, member by member, and JSON texts unchanged.
class ObjectWriter {
public:
    ObjectWriter& text(std::string_view name, std::string_view value);
    ObjectWriter& number(std::string_view name, std::int64_t value);
    ObjectWriter& time(std::string_view name, std::optional<Timestamp> value); ///< empty: left out
    ObjectWriter& raw(std::string_view name, std::string_view json);
    std::string finish() &&;

private:
    void begin(std::string_view name);

    std::string out_ = "{";
};

/// The URLs in responses.
struct Links {
    std::string base = {}; ///< public base URL and prefix

    std::string status(const JobId& id) const;
    std::string result(const JobId& id) const;
};

using TransformResult = std::function<void(const Job&, boost::json::value&)>;

/// A completed job's result as clients see it.
struct TransformedResult {
    std::string text = "null";
    bool changed = false; ///< it differs from the stored result
};

TransformedResult transform_result(const Job& job, const TransformResult& present);

/// `"<revision>"`, with a hash of the result if it differs from the stored one.
std::string make_etag(const Job& job, const TransformedResult& result);

/// `with_status_url`: for the body of a 202.
std::string status_document(const Job& job, const TransformedResult& result, const Links& links,
                            std::optional<Timestamp> expected, bool with_status_url = false);

/// For lists: without result and error details, which can be large.
std::string summary_document(const Job& job, const Links& links);

std::string accepted_document(const JobId& id, Timestamp created_at, const Links& links,
                              std::optional<Timestamp> expected);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http
