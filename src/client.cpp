#include <asyncjobs/impl/client.ipp>
#include <asyncjobs/impl/client_changes.ipp>
#include <asyncjobs/impl/job_waits.ipp>
#include <asyncjobs/impl/watch_loop.ipp>
