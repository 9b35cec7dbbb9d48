#include <asyncjobs/impl/events.ipp>
