#pragma once

#include <asyncjobs/config.hpp>

#include <string_view>

namespace asyncjobs::inline ASYNCJOBS_ABI::cli {

/// A bar on standard error, if that is a terminal; removed by the destructor.
class ProgressBar {
public:
    ProgressBar();
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// Percent, and a text that may be foreign.
    void show(int percent, std::string_view text);

private:
    bool is_terminal_;
};

} // namespace asyncjobs::inline ASYNCJOBS_ABI::cli
