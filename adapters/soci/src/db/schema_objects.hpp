#pragma once

#include "db/session.hpp"

#include <asyncjobs/soci/migration.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A table, or another object that shares its namespace.
struct SchemaObject {
    std::string kind; ///< `table`, `view`, `index`, `sequence` or `type`
    std::string name;
    std::vector<std::string> columns = {}; ///< tables only
};

using SchemaObjects = std::vector<SchemaObject>;

/// Returns null if no object has the name.
const SchemaObject* find_object(const SchemaObjects& objects, std::string_view name);

/// Returns the objects that exist after the statements of `steps` were run in their order. Columns
/// are those of CREATE TABLE.
SchemaObjects objects_made_by(std::span<const Migration> steps);

/// Returns `'a', 'b'` for objects a and b.
std::string quoted_names(const SchemaObjects& objects);

/// Reads the kind, name and columns of objects: `sql` returns a row for each column of a table, and
/// one for any other object.
SchemaObjects read_objects(Session& session, const std::string& sql);

/// Whether `found` is a table with all columns of `wanted`.
bool is_like(const SchemaObject& found, const SchemaObject& wanted);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
