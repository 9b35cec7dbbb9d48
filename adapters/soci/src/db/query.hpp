#pragma once

#include "statements/sql.hpp"

#include <asyncjobs/job_id.hpp>
#include <asyncjobs/time.hpp>

#include <soci/soci.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {

/// Replaces a parameter verbatim, for databases whose values are inlined in the statement. The
/// caller quotes the values in it.
struct Expression {
    std::string text;
};

/// A buffer for a parameter or a column: a text or a number.
struct Cell {
    std::string text;
    long long number = 0;
    soci::indicator indicator = soci::i_ok;
};

/// Reads the columns of a row one after the other, in the order of the SELECT.
class Row {
public:
    explicit Row(std::vector<Cell>& cells) noexcept : next_(cells.begin()) {}

    const std::string& text() { return (next_++)->text; }
    std::string take_text() { return std::move((next_++)->text); }
    std::int64_t number() { return (next_++)->number; }
    int small_number() { return static_cast<int>(number()); }
    Duration duration() { return Duration{number()}; }
    Timestamp time() { return Timestamp{duration()}; }

    bool next_is_null() const noexcept { return next_->indicator == soci::i_null; }
    void skip() noexcept { ++next_; }

    /// Of those that are left.
    Cell& cell(std::size_t index) {
        return next_[static_cast<std::vector<Cell>::difference_type>(index)];
    }

    std::optional<std::string> optional_text() {
        if (!next_is_null()) return take_text();
        skip();
        return std::nullopt;
    }
    std::optional<Timestamp> optional_time() {
        if (!next_is_null()) return time();
        skip();
        return std::nullopt;
    }

private:
    std::vector<Cell>::iterator next_;
};

/// Called for each row of a result.
using EachRow = std::function<void(Row)>;

/// A statement with buffers for its parameters and columns.
///
/// Parameters are bound by name. Arguments follow the order in which the names first appear.
class Query {
public:
    virtual ~Query() = default;
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    /// Runs it and calls `each(Row)` for every row.
    template <typename Each, typename... Args>
    void for_each(Each&& each, const Args&... args) {
        set_all(args...);
        run([&each](Row row) { each(row); });
    }

    /// As for_each(), with arguments whose number and types are known when it is run.
    template <typename Each, typename... Types>
    void for_each_of(Each&& each, std::span<const std::variant<Types...>> arguments) {
        check_count(arguments.size());
        for (std::size_t i = 0; i < arguments.size(); ++i)
            std::visit([&](const auto& argument) { set(i, argument); }, arguments[i]);
        run([&each](Row row) { each(row); });
    }

    /// Runs it and calls `first(Row)` for the first row; returns false if there is no row.
    template <typename First, typename... Args>
    bool for_first(First&& first, const Args&... args) {
        bool found = false;
        for_each(
            [&](Row found_row) {
                if (!std::exchange(found, true)) first(found_row);
            },
            args...);
        return found;
    }

    /// Runs it and returns how many rows it changed.
    template <typename... Args>
    std::size_t change(const Args&... args) {
        set_all(args...);
        return run([](Row) {});
    }

    /// Runs it now or, if that saves a round trip, together with the session's next statement: see
    /// Session::run_added(). `each(Row)` may be called until then.
    template <typename Each, typename... Args>
    void add(Each each, const Args&... args) {
        set_all(args...);
        run_later(std::move(each));
    }
    /// As add(), for a statement that returns no rows; the end of the transaction runs it as well.
    template <typename... Args>
    void add_change(const Args&... args) {
        add([](Row) {}, args...);
    }

protected:
    /// `sql` is complete: see compose().
    explicit Query(const Sql& sql);

    /// Runs it with the parameters that are set; returns how many rows it changed.
    virtual std::size_t run(const EachRow& each) = 0;
    virtual void run_later(EachRow each) { run(each); }

    template <typename... Args>
    void set_all(const Args&... args) {
        check_count(sizeof...(Args));
        [[maybe_unused]] std::size_t at = 0;
        (set(at++, args), ...);
    }

    const std::vector<std::string> names_; ///< of the parameters
    std::string parameter_types_;          ///< `t`, `i`, or `e` for an expression
    std::vector<Cell> parameters_;
    const std::string column_types_;
    std::vector<Cell> columns_;

private:
    void set(std::size_t at, std::string_view text);
    void set(std::size_t at, const std::string& text) { set(at, std::string_view{text}); }
    void set(std::size_t at, const char* text) { set(at, std::string_view{text}); }
    void set(std::size_t at, const JobId& id) { set(at, id.text()); }
    void set(std::size_t at, const Expression& expression) { bind(at, 'e').text = expression.text; }
    void set(std::size_t at, Duration time) { set(at, time.count()); }
    void set(std::size_t at, Timestamp time) { set(at, time.time_since_epoch()); }
    void set(std::size_t at, const OptionalTime& time) {
        set(at, static_cast<const std::optional<Timestamp>&>(time));
    }
    template <std::integral Number>
    void set(std::size_t at, Number number) {
        bind(at, 'i').number = static_cast<long long>(number);
    }
    template <typename Value>
    void set(std::size_t at, const std::optional<Value>& value) {
        set(at, value.value_or(Value{}));
        if (!value) parameters_[at].indicator = soci::i_null;
    }

    void check_count(std::size_t arguments) const;
    Cell& bind(std::size_t at, char type);
};

/// A statement that SOCI prepares.
///
/// Rows are read one at a time: SOCI's vectors lose rows, cut integers and run statements twice. A
/// statement that was not read to its end, or that threw, is closed: an open one would keep a
/// snapshot.
class SociQuery final : public Query {
public:
    /// `is_kept` false: not kept by the server after each run, for transactions that could not end
    /// with an open statement.
    SociQuery(soci::session& session, const Sql& sql, bool is_kept = true);

private:
    struct CloseUnlessDone {
        SociQuery& query;
        ~CloseUnlessDone() {
            if (!query.done_) query.close();
        }
    };

    std::size_t run(const EachRow& each) override;
    bool execute();
    bool next();
    void prepare();
    void close() noexcept;

    soci::session& session_;
    const std::string text_;
    const bool is_kept_;
    std::optional<soci::statement> statement_;
    bool done_ = true;
};

/// Returns the distinct `:name`s of a statement, in the order of their first appearance.
std::vector<std::string> parameter_names(std::string_view sql);

/// A piece of a statement's text, and the place among its parameter_names() of the parameter that
/// follows; the last piece is followed by none.
struct SqlPiece {
    std::string text;
    std::optional<std::size_t> parameter = {};
};
std::vector<SqlPiece> pieces_of(std::string_view sql);

/// Returns the statement with `$1` for the first of its parameter_names(), and so on.
std::string with_numbered_parameters(std::string_view sql);

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
