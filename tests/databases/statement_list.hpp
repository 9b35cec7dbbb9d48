#pragma once

#include "statements/shared_statements.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace soci_test {

/// The statements of a dialect, its own and the shared ones, without those that it leaves empty.
template <typename Statements>
std::vector<asyncjobs::soci_adapter::Sql> statement_list(const Statements& own) {
    using namespace asyncjobs::soci_adapter;
    std::vector<Sql> list;
    for (const Sql& sql : all_of(shared::sql)) list.push_back(sql);
    for (const Sql& sql : all_of(own))
        if (!sql.text.empty()) list.push_back(sql);
    return list;
}

/// `ti`, of a text and a number.
inline std::string types_of(asyncjobs::soci_adapter::Columns columns) {
    std::string types;
    for (const auto& column : columns) types += static_cast<char>(column.type);
    return types;
}

} // namespace soci_test
