// Two units of one program: the first with MAIN defined, the second without it.
#include <asyncjobs/error.hpp>

std::string describe(const asyncjobs::Error& error);

#ifdef MAIN
int main() { return describe(asyncjobs::Error(asyncjobs::Errc::stopped, "mixed")).empty() ? 1 : 0; }
#else
std::string describe(const asyncjobs::Error& error) { return error.message(); }
#endif
