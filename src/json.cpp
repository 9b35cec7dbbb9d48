#include <asyncjobs/impl/base64url.ipp>
#include <asyncjobs/impl/exact_json.ipp>
#include <asyncjobs/impl/json.ipp>
#include <asyncjobs/impl/json_document.ipp>
#include <asyncjobs/impl/json_schema.ipp>
#include <asyncjobs/impl/json_text.ipp>
#include <asyncjobs/impl/unique_key.ipp>
