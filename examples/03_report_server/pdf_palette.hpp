#pragma once

#include "pdf_canvas.hpp"

namespace report_server::palette {

inline constexpr Colour ink{0.13F, 0.16F, 0.22F};
inline constexpr Colour navy{0.09F, 0.22F, 0.39F};
inline constexpr Colour blue{0.20F, 0.47F, 0.75F};
inline constexpr Colour pale_blue{0.68F, 0.80F, 0.91F};
inline constexpr Colour red{0.78F, 0.27F, 0.24F};
inline constexpr Colour grey{0.42F, 0.46F, 0.52F};
inline constexpr Colour rule{0.87F, 0.89F, 0.92F};
inline constexpr Colour mist{0.95F, 0.965F, 0.98F};
inline constexpr Colour white{1, 1, 1};

} // namespace report_server::palette
