#include "screen.hpp"

#include "plain_text.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {
namespace {

void write_to_screen(std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

} // namespace

Screen::Screen() {
    ::tcgetattr(STDIN_FILENO, &former_);
    termios raw = former_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    raw.c_cc[VSUSP] = _POSIX_VDISABLE; // a stopped program would leave its screen behind
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    write_to_screen("\x1b[?1049h\x1b[?25l"); // another screen, without a cursor
}

Screen::~Screen() {
    write_to_screen("\x1b[?25h\x1b[?1049l");
    ::tcsetattr(STDIN_FILENO, TCSANOW, &former_);
}

void Screen::draw(const std::vector<ScreenLine>& lines, bool has_colour) const {
    const auto [columns, rows] = size();
    std::string frame = "\x1b[H";
    for (std::size_t i = 0; i < std::min(lines.size(), rows); ++i) {
        const ScreenLine& line = lines[i];
        const auto text = shortened_to(line.text, columns);
        frame += i > 0 ? "\r\n" : "";
        frame += has_colour && !line.colour.empty()
                     ? fmt::format("\x1b[{}m{}\x1b[0m", line.colour, text)
                     : text;
        // In the last column, it would delete the character there.
        if (width_of(text) < columns) frame += "\x1b[K";
    }
    write_to_screen(frame + "\x1b[J");
}

std::optional<char> Screen::key() const {
    char key = 0;
    return ::read(STDIN_FILENO, &key, 1) == 1 ? std::optional(key) : std::nullopt;
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
