#include <asyncjobs/impl/coroutine.ipp>
