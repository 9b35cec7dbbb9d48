#include "query.hpp"

#include <algorithm>
#include <stdexcept>

namespace asyncjobs::soci_adapter {
namespace {

constexpr std::size_t kept_capacity = 64 * 1024;

bool is_name_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/// The distinct `:name`s of a statement, in the order of their first appearance.
std::vector<std::string> parameter_names(std::string_view sql) {
    std::vector<std::string> names;
    bool quoted = false;
    for (std::size_t i = 0; i < sql.size(); ++i) {
        if (sql[i] == '\'') quoted = !quoted;
        if (quoted || sql[i] != ':' || (i > 0 && sql[i - 1] == ':')) continue;
        auto end = i + 1;
        while (end < sql.size() && is_name_character(sql[end])) ++end;
        std::string name(sql.substr(i + 1, end - i - 1));
        if (!name.empty() && std::ranges::find(names, name) == names.end())
            names.push_back(std::move(name));
    }
    return names;
}

} // namespace

Query::Query(soci::session& session, const Sql& sql, bool is_kept)
    : session_(session), text_(sql.text), column_types_(sql.columns), is_kept_(is_kept),
      names_(parameter_names(sql.text)), parameter_types_(names_.size(), ' '),
      parameters_(names_.size()), columns_(sql.columns.size()) {}

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

void Query::prepare() {
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

bool Query::execute() {
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

bool Query::next() {
    try {
        done_ = !statement_->fetch();
    } catch (...) {
        close();
        throw;
    }
    return !done_;
}

void Query::close() noexcept {
    statement_.reset();
    done_ = true;
}

} // namespace asyncjobs::soci_adapter
