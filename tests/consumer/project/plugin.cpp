#include <asyncjobs/error.hpp>

extern "C" __attribute__((visibility("default"))) void save_report() {
    throw asyncjobs::Error(asyncjobs::Errc::store_busy, "jobs: locked");
}
