#include <asyncjobs/impl/client.ipp>
