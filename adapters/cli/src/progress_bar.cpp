#include "progress_bar.hpp"

#include "plain_text.hpp"
#include "terminal_size.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

constexpr int cells = 30;

void write_to_terminal(std::string_view text) {
    const auto ignored = ::write(STDERR_FILENO, text.data(), text.size());
    static_cast<void>(ignored);
}

} // namespace

ProgressBar::ProgressBar() : is_terminal_(::isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
    if (is_terminal_) write_to_terminal("\r\x1b[K");
}

void ProgressBar::show(int percent, std::string_view text) {
    if (!is_terminal_) return;
    const auto done = static_cast<std::size_t>(std::clamp(percent, 0, 100) * cells / 100);
    const auto line = fmt::format("[{}{}] {:3} % {}", std::string(done, '#'),
                                  std::string(cells - done, ' '), percent, plain(text));
    const auto width = size_of_terminal(STDERR_FILENO).columns;
    write_to_terminal('\r' + shortened_to(line, width - 1) + "\x1b[K");
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
