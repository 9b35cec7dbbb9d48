#include <asyncjobs/impl/memory_job_store.ipp>
#include <asyncjobs/impl/store_changes.ipp>
