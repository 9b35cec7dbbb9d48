#pragma once

#include <asyncjobs/job_id.hpp>
#include <asyncjobs/time.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// A batch as one parameter of a statement: a JSON array of rows, each an array of its columns.
class JsonRows {
public:
    template <typename... Columns>
    void add(const Columns&... columns) {
        text_ += text_.empty() ? "[[" : ",[";
        (append(columns), ...);
        text_.back() = ']';
        ++count_;
    }

    std::size_t count() const noexcept { return count_; }
    /// The approximate size of the text, in bytes.
    std::size_t size() const noexcept { return text_.size(); }

    /// Returns the text, and leaves this empty.
    std::string take() {
        std::string whole = text_.empty() ? "[" : std::move(text_);
        text_.clear();
        count_ = 0;
        return whole += ']';
    }

private:
    void append(std::string_view text);
    void append(const std::string& text) { append(std::string_view{text}); }
    void append(const char* text) { append(std::string_view{text}); }
    void append(const JobId& id) { append(id.text()); }
    void append(Duration time) { append(time.count()); }
    void append(Timestamp time) { append(time.time_since_epoch()); }
    template <std::integral Number>
    void append(Number number) {
        text_ += std::to_string(number);
        text_ += ',';
    }
    template <typename Value>
    void append(const std::optional<Value>& value) {
        if (value)
            append(*value);
        else
            text_ += "null,";
    }

    std::string text_;
    std::size_t count_ = 0;
};

/// Rows of one column.
template <typename Texts>
std::string rows_of(const Texts& texts) {
    JsonRows rows;
    for (const auto& text : texts) rows.add(text);
    return rows.take();
}

/// Calls `run(rows)` for successive batches of the rows that `add(rows, item)` makes.
template <typename Items, typename Add, typename Run>
void in_rows(const Items& items, Add add, Run run) {
    constexpr std::size_t max_rows = 1000; // of a statement
    JsonRows rows;
    for (const auto& item : items) {
        add(rows, item);
        if (rows.count() == max_rows) run(rows.take());
    }
    if (rows.count() > 0) run(rows.take());
}

/// For in_rows().
inline constexpr auto add_id = [](JsonRows& rows, const JobId& id) { rows.add(id); };

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
