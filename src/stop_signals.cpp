#include <asyncjobs/impl/stop_signals.ipp>
