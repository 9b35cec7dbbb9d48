#include <asyncjobs/impl/error.ipp>
#include <asyncjobs/impl/job.ipp>
#include <asyncjobs/impl/job_id.ipp>
#include <asyncjobs/impl/limit_buckets.ipp>
#include <asyncjobs/impl/limits.ipp>
#include <asyncjobs/impl/notifier.ipp>
#include <asyncjobs/impl/time.ipp>
#include <asyncjobs/impl/transitions.ipp>
