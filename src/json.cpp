#include <asyncjobs/impl/json.ipp>
#include <asyncjobs/impl/json_text.ipp>
