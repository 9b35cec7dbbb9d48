// Two units of one program: with MAIN defined the one, without it the other.
#include <asyncjobs/error.hpp>

std::string describe(const asyncjobs::Error& error);

#ifdef MAIN
int main() { return describe(asyncjobs::Error(asyncjobs::Errc::stopped, "mixed")).empty() ? 1 : 0; }
#else
std::string describe(const asyncjobs::Error& error) { return error.message(); }
#endif
