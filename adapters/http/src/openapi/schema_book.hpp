#pragma once

#include <asyncjobs/config.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi {

/// The schemas of a document, by name.
class SchemaBook {
public:
    explicit SchemaBook(boost::json::object schemas) : schemas_(std::move(schemas)) {}

    /// Adds a schema that refers to others of this book, under `name`, with a number if another
    /// schema has that name. Returns a reference to it.
    boost::json::object add(std::string_view name, const boost::json::object& schema);

    /// Likewise for a self-contained schema. Parts that it refers to become separate schemas, since
    /// client generators follow no reference into a schema.
    boost::json::object add_whole(std::string_view name, const boost::json::object& schema);

    boost::json::object all() && { return std::move(schemas_); }

private:
    template <typename EntriesOf>
    boost::json::object add_as(std::string_view name, EntriesOf entries_of);
    /// Whether a different schema has one of these names.
    bool has_other(const boost::json::object& schemas) const;

    boost::json::object schemas_;
};

/// The schema as a part of a larger document, at `pointer`: its references into itself are
/// adjusted.
boost::json::value placed_at(std::string_view pointer, boost::json::value schema);

/// Moves the parts of the schema `key` that it refers to out of it, and returns them by name.
boost::json::object extract_parts(std::string_view key, boost::json::value& schema);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::http::openapi
