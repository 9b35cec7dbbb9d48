#include <asyncjobs/impl/sealing_job_store.ipp>
