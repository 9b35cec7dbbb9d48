#include <asyncjobs/impl/executor.ipp>
#include <asyncjobs/impl/progress_reporter.ipp>
