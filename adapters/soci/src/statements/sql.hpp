#pragma once

#include <asyncjobs/store/limit_buckets.hpp>
#include <asyncjobs/time.hpp>

#include <array>
#include <bit>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

enum class ColumnType : char { text = 't', number = 'i' };

/// A column of a statement's result.
struct Column {
    std::string_view name;
    ColumnType type = ColumnType::text;
    std::string_view expression = {}; ///< empty: the name
};
using Columns = std::span<const Column>;

/// A statement as it is written, which compose() completes.
///
/// Parameters are `:name`, in lower case. Outside of quotes, `{name}` is replaced by the fragment
/// of that name, and `{columns}` by the list of `columns`. A fragment can have arguments:
/// `{name first second}` replaces `{1}` and `{2}` in it.
struct Sql {
    std::string_view name; ///< for errors and tests
    std::string_view text;
    Columns columns = {}; ///< of the rows that it returns; statements without rows have none
};

/// A part of statements that a dialect names.
struct Fragment {
    std::string_view name;
    std::string_view text;
};
using Fragments = std::span<const Fragment>;

/// The statement as the database gets it: complete, and without line breaks and indentation.
///
/// Looks for a fragment in `fragments` first, and then among those that all dialects share. Throws
/// std::logic_error if it does not exist, or has another number of arguments.
std::string compose(const Sql& sql, Fragments fragments);

/// `id, type, …`
std::string select_list(Columns columns);

/// The statements of a group: a struct whose members are all Sql, or such groups.
template <typename Group>
auto all_of(const Group& group) {
    static_assert(std::is_trivially_copyable_v<Group> && sizeof(Group) % sizeof(Sql) == 0);
    return std::bit_cast<std::array<Sql, sizeof(Group) / sizeof(Sql)>>(group);
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
