#pragma once

#include "db/query.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A row of a statement that returns `columns`, which are read by name. A name that is not one of
/// them, or of the other type, does not compile.
template <const auto& columns>
class RowOf {
    static consteval std::size_t index_of(std::string_view name, ColumnType type) {
        const auto found = std::ranges::find(columns, name, &Column::name);
        if (found == std::ranges::end(columns) || found->type != type)
            throw std::logic_error("no such column of this type");
        return static_cast<std::size_t>(found - std::ranges::begin(columns));
    }

public:
    struct Text {
        consteval Text(const char* name) : index(index_of(name, ColumnType::text)) {}
        std::size_t index;
    };
    struct Number {
        consteval Number(const char* name) : index(index_of(name, ColumnType::number)) {}
        std::size_t index;
    };

    explicit RowOf(Row row) noexcept : row_(row) {}

    const std::string& text(Text column) { return row_.cell(column.index).text; }
    std::string take_text(Text column) { return std::move(row_.cell(column.index).text); }
    std::optional<std::string> optional_text(Text column) {
        if (is_null(column.index)) return std::nullopt;
        return take_text(column);
    }

    std::int64_t number(Number column) { return row_.cell(column.index).number; }
    int small_number(Number column) { return static_cast<int>(number(column)); }
    Duration duration(Number column) { return Duration{number(column)}; }
    Timestamp time(Number column) { return Timestamp{duration(column)}; }
    std::optional<Timestamp> optional_time(Number column) {
        if (is_null(column.index)) return std::nullopt;
        return time(column);
    }
    std::optional<std::int64_t> optional_number(Number column) {
        if (is_null(column.index)) return std::nullopt;
        return number(column);
    }
    std::optional<Duration> optional_duration(Number column) {
        if (is_null(column.index)) return std::nullopt;
        return duration(column);
    }

private:
    bool is_null(std::size_t index) { return row_.cell(index).indicator == soci::i_null; }

    Row row_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
