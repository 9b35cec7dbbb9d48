#include "db/query.hpp"

#include <algorithm>
#include <stdexcept>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

constexpr std::size_t kept_capacity = 64 * 1024;

bool is_name_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/// Calls `between(text)` and `name(text)` for the parts of a statement, in their order.
template <typename Between, typename Name>
void take_apart(std::string_view sql, Between between, Name name) {
    bool quoted = false;
    std::size_t start = 0;
    for (std::size_t i = 0; i < sql.size(); ++i) {
        if (sql[i] == '\'') quoted = !quoted;
        if (quoted || sql[i] != ':' || (i > 0 && sql[i - 1] == ':')) continue;
        auto end = i + 1;
        while (end < sql.size() && is_name_character(sql[end])) ++end;
        if (end == i + 1) continue;
        between(sql.substr(start, i - start));
        name(sql.substr(i + 1, end - i - 1));
        start = end;
        i = end - 1;
    }
    between(sql.substr(start));
}

std::size_t place_of(std::string_view name, std::vector<std::string>& names) {
    const auto place = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
    if (place == names.size()) names.emplace_back(name);
    return place;
}

std::string types_of(Columns columns) {
    std::string types;
    for (const Column& column : columns) types += static_cast<char>(column.type);
    return types;
}

} // namespace

std::vector<std::string> parameter_names(std::string_view sql) {
    std::vector<std::string> names;
    take_apart(
        sql, [](std::string_view) {}, [&](std::string_view name) { place_of(name, names); });
    return names;
}

std::vector<SqlPiece> pieces_of(std::string_view sql) {
    std::vector<std::string> names;
    std::vector<SqlPiece> pieces;
    take_apart(
        sql, [&](std::string_view text) { pieces.push_back({std::string(text)}); },
        [&](std::string_view name) { pieces.back().parameter = place_of(name, names); });
    return pieces;
}

std::string with_numbered_parameters(std::string_view sql) {
    std::string numbered;
    for (const auto& [text, parameter] : pieces_of(sql)) {
        numbered += text;
        if (parameter) numbered += '$' + std::to_string(*parameter + 1);
    }
    return numbered;
}

Query::Query(const Sql& sql)
    : names_(parameter_names(sql.text)), parameter_types_(names_.size(), ' '),
      parameters_(names_.size()), column_types_(types_of(sql.columns)),
      columns_(sql.columns.size()) {}

void Query::check_count(std::size_t arguments) const {
    if (arguments != names_.size())
        throw std::logic_error("a statement was run with a wrong number of parameters");
}

Cell& Query::bind(std::size_t at, char type) {
    Cell& cell = parameters_[at];
    cell.indicator = soci::i_ok;
    parameter_types_[at] = type;
    return cell;
}

void Query::set(std::size_t at, std::string_view text) {
    Cell& cell = bind(at, 't');
    if (cell.text.capacity() > kept_capacity && text.size() < kept_capacity)
        cell.text = std::string();
    cell.text.assign(text);
}

SociQuery::SociQuery(soci::session& session, const Sql& sql, bool is_kept)
    : Query(sql), session_(session), text_(sql.text), is_kept_(is_kept) {}

std::size_t SociQuery::run(const EachRow& each) {
    const CloseUnlessDone guard{*this};
    for (bool more = execute(); more; more = next()) each(Row(columns_));
    return static_cast<std::size_t>(statement_->get_affected_rows());
}

void SociQuery::prepare() {
    statement_.emplace(session_);
    statement_->alloc();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        Cell& cell = columns_[i];
        if (column_types_[i] == 't')
            statement_->exchange(soci::into(cell.text, cell.indicator));
        else
            statement_->exchange(soci::into(cell.number, cell.indicator));
    }
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        Cell& cell = parameters_[i];
        if (parameter_types_[i] == 't')
            statement_->exchange(soci::use(cell.text, cell.indicator, names_[i]));
        else
            statement_->exchange(soci::use(cell.number, cell.indicator, names_[i]));
    }
    statement_->prepare(text_, is_kept_ ? soci::details::st_repeatable_query
                                        : soci::details::st_one_time_query);
    statement_->define_and_bind();
}

bool SociQuery::execute() {
    done_ = false;
    try {
        if (!statement_) prepare();
        done_ = !statement_->execute(true);
    } catch (...) {
        close();
        throw;
    }
    return !done_;
}

bool SociQuery::next() {
    try {
        done_ = !statement_->fetch();
    } catch (...) {
        close();
        throw;
    }
    return !done_;
}

void SociQuery::close() noexcept {
    statement_.reset();
    done_ = true;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
