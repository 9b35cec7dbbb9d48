#include <asyncjobs/impl/memory_changes.ipp>
#include <asyncjobs/impl/memory_claim.ipp>
#include <asyncjobs/impl/memory_job_store.ipp>
#include <asyncjobs/impl/memory_reads.ipp>
#include <asyncjobs/impl/memory_records.ipp>
#include <asyncjobs/impl/memory_sweeps.ipp>
#include <asyncjobs/impl/store_changes.ipp>
