#include "statements/sql.hpp"

#include "statements/shared_fragments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\n'; }

/// `name first second`, taken apart.
std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

class Composer {
public:
    Composer(const Sql& sql, Fragments fragments) : sql_(sql), fragments_(fragments) {}

    std::string compose() && {
        const std::string_view name = sql_.name;
        out_.reserve(2 * sql_.text.size());
        append(sql_.text, {&name, 1}, 0);
        if (out_.ends_with(' ')) out_.pop_back();
        return std::move(out_);
    }

private:
    using Words = std::span<const std::string_view>;

    [[noreturn]] void fail(std::string_view what, std::string_view of) const {
        throw std::logic_error(fmt::format("statement {}: {} {}", sql_.name, what, of));
    }

    /// `words`: the fragment's name, and its arguments.
    void append(std::string_view text, Words words, int depth) {
        constexpr int max_depth = 8;
        if (depth > max_depth) fail("endless nesting of", words.front());
        std::size_t used = 1;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            if (c == '\'') {
                i = append_quoted(text, i);
            } else if (c == '{') {
                const auto end = closing_brace(text, i, words.front());
                used = std::max(used,
                                append_placeholder(text.substr(i + 1, end - i - 1), words, depth));
                i = end;
            } else if (is_blank(c)) {
                if (!out_.empty() && out_.back() != ' ') out_ += ' ';
            } else {
                const auto end = std::find_if(text.begin() + i, text.end(), [](char next) {
                    return is_blank(next) || next == '\'' || next == '{';
                });
                out_.append(text.begin() + i, end);
                i = static_cast<std::size_t>(end - text.begin()) - 1;
            }
        }
        if (used != words.size()) fail("unused argument of", words.front());
    }

    /// Returns where the quoted text that begins at `begin` ends.
    std::size_t append_quoted(std::string_view text, std::size_t begin) {
        const auto end = text.find('\'', begin + 1);
        if (end == text.npos) fail("unclosed quote at", text.substr(begin));
        out_ += text.substr(begin, end - begin + 1);
        return end;
    }

    std::size_t closing_brace(std::string_view text, std::size_t begin,
                              std::string_view where) const {
        int open = 0;
        for (auto at = begin; at != text.npos; at = text.find_first_of("{}", at + 1)) {
            open += text[at] == '{' ? 1 : -1;
            if (open == 0) return at;
        }
        fail("unclosed brace in", where);
    }

    /// The number of an argument `{1}`, without its braces; 0 for other placeholders.
    static std::size_t number_of(std::string_view placeholder) noexcept {
        const bool is_number =
            placeholder.size() == 1 && placeholder[0] >= '1' && placeholder[0] <= '9';
        return is_number ? static_cast<std::size_t>(placeholder[0] - '0') : 0;
    }

    std::string_view argument(std::size_t number, Words words) const {
        if (number >= words.size()) fail("missing argument of", words.front());
        return words[number];
    }

    /// Returns how many of `words` are known to be used.
    std::size_t append_placeholder(std::string_view placeholder, Words words, int depth) {
        if (const auto number = number_of(placeholder)) {
            out_ += argument(number, words);
            return number + 1;
        }
        std::size_t used = 1;
        auto inner = words_of(placeholder);
        if (inner.empty()) fail("empty braces in", words.front());
        for (std::string_view& word : inner) {
            if (!word.starts_with('{')) continue;
            const auto number = number_of(word.substr(1, word.size() - 2));
            word = argument(number, words);
            used = std::max(used, number + 1);
        }
        if (placeholder == "columns")
            append(select_list(sql_.columns), inner, depth + 1);
        else
            append(text_of(inner.front()), inner, depth + 1);
        return used;
    }

    std::string_view text_of(std::string_view name) const {
        for (const Fragments among : {fragments_, Fragments(shared::fragments)})
            if (const auto found = std::ranges::find(among, name, &Fragment::name);
                found != among.end())
                return found->text;
        fail("unknown fragment", name);
    }

    const Sql& sql_;
    const Fragments fragments_;
    std::string out_;
};

} // namespace

std::string compose(const Sql& sql, Fragments fragments) {
    return Composer(sql, fragments).compose();
}

std::string select_list(Columns columns) {
    std::string list;
    for (const Column& column : columns) {
        if (!list.empty()) list += ", ";
        list += column.expression.empty() ? column.name : column.expression;
    }
    return list;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::soci_adapter
