#include <asyncjobs/impl/asio_runtime.ipp>
