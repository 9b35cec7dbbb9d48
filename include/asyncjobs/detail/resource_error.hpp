#pragma once

#include <asyncjobs/error.hpp>

#include <exception>
#include <new>
#include <string>

namespace asyncjobs::inline ASYNCJOBS_ABI::detail {

/// In a handler of all exceptions: rethrows the current one as Error, as constructors do when the
/// system has no thread, descriptor or memory left.
[[noreturn]] inline void rethrow_as_error(const std::string& what) {
    try {
        throw;
    } catch (const Error&) {
        throw;
    } catch (const std::bad_alloc&) {
        throw Error(Errc::overloaded, what + " could not be made: out of memory");
    } catch (const std::exception& error) {
        throw Error(Errc::overloaded, what + " could not be made: " + error.what());
    }
}

} // namespace asyncjobs::inline ASYNCJOBS_ABI::detail
