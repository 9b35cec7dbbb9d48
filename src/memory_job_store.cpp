#include <asyncjobs/impl/memory_job_store.ipp>
