#pragma once

#include "terminal_size.hpp"

#include <termios.h>

#include <optional>
#include <string>
#include <vector>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// A line of a screen.
struct ScreenLine {
    std::string text = {};   ///< plain
    std::string colour = {}; ///< of an escape sequence: `1` is bold, `31` red; empty: none
};

/// The whole terminal, without echo of keys; its former content is restored by the destructor.
class Screen {
public:
    Screen();
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    TerminalSize size() const noexcept { return size_of_terminal(1); }
    /// Shows as many of the lines as there are rows, each as far as it fits.
    void draw(const std::vector<ScreenLine>& lines, bool has_colour) const;
    /// A key that was pressed.
    std::optional<char> key() const;

private:
    termios former_ = {};
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
