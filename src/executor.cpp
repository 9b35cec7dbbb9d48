#include <asyncjobs/impl/exchange_loop.ipp>
#include <asyncjobs/impl/executor.ipp>
#include <asyncjobs/impl/executor_core.ipp>
#include <asyncjobs/impl/lease_keeper.ipp>
#include <asyncjobs/impl/middleware_chain.ipp>
#include <asyncjobs/impl/progress_reporter.ipp>
#include <asyncjobs/impl/running.ipp>
#include <asyncjobs/impl/store_access.ipp>
