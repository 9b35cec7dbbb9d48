// Usage: plugin_host PLUGIN
#include <asyncjobs/error.hpp>

#include <dlfcn.h>

#include <iostream>

namespace {

// The plugin is header-only. An Error of another mode is another type, and a std::system_error.
#ifdef ASYNCJOBS_HEADER_ONLY
using Expected = asyncjobs::Error;
#else
using Expected = std::system_error;
#endif

bool is_retryable(const std::error_code& code) {
    return code == asyncjobs::Condition::retryable && code != asyncjobs::Condition::conflict &&
           code == asyncjobs::Errc::store_busy && code != asyncjobs::Errc::store_full;
}

} // namespace

int main(int, char** argv) {
    void* const plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    void* const function = plugin ? dlsym(plugin, "save_report") : nullptr;
    if (!function) {
        std::cout << dlerror() << '\n';
        return 1;
    }
    try {
        reinterpret_cast<void (*)()>(function)();
    } catch (const Expected& error) {
        std::cout << error.what() << '\n';
        return is_retryable(error.code()) ? 0 : 1;
    } catch (const std::exception& error) {
        std::cout << "another type of exception: " << error.what() << '\n';
    }
    return 1;
}
