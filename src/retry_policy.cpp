#include <asyncjobs/impl/retry_policy.ipp>
