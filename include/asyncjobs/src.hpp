#pragma once

// All bodies of the core, for one translation unit of a host in separate-compilation mode. See
// config.hpp.

#include <asyncjobs/config.hpp>

#ifndef ASYNCJOBS_SEPARATE_COMPILATION
#error "define ASYNCJOBS_SEPARATE_COMPILATION for every translation unit, as this one"
#endif

#include <asyncjobs/impl/asio_runtime.ipp>
#include <asyncjobs/impl/base64url.ipp>
#include <asyncjobs/impl/client.ipp>
#include <asyncjobs/impl/client_changes.ipp>
#include <asyncjobs/impl/coroutine.ipp>
#include <asyncjobs/impl/error.ipp>
#include <asyncjobs/impl/events.ipp>
#include <asyncjobs/impl/exact_json.ipp>
#include <asyncjobs/impl/exchange_loop.ipp>
#include <asyncjobs/impl/executor.ipp>
#include <asyncjobs/impl/executor_core.ipp>
#include <asyncjobs/impl/executor_heartbeats.ipp>
#include <asyncjobs/impl/executor_reports.ipp>
#include <asyncjobs/impl/handler_store.ipp>
#include <asyncjobs/impl/handler_table.ipp>
#include <asyncjobs/impl/heartbeats.ipp>
#include <asyncjobs/impl/job.ipp>
#include <asyncjobs/impl/job_context.ipp>
#include <asyncjobs/impl/job_id.ipp>
#include <asyncjobs/impl/job_store.ipp>
#include <asyncjobs/impl/job_wait.ipp>
#include <asyncjobs/impl/job_waits.ipp>
#include <asyncjobs/impl/json.ipp>
#include <asyncjobs/impl/json_document.ipp>
#include <asyncjobs/impl/json_schema.ipp>
#include <asyncjobs/impl/json_text.ipp>
#include <asyncjobs/impl/lease_keeper.ipp>
#include <asyncjobs/impl/limit_buckets.ipp>
#include <asyncjobs/impl/limit_engine.ipp>
#include <asyncjobs/impl/limits.ipp>
#include <asyncjobs/impl/memory_changes.ipp>
#include <asyncjobs/impl/memory_claim.ipp>
#include <asyncjobs/impl/memory_fleet.ipp>
#include <asyncjobs/impl/memory_job_store.ipp>
#include <asyncjobs/impl/memory_operators.ipp>
#include <asyncjobs/impl/memory_queues.ipp>
#include <asyncjobs/impl/memory_reads.ipp>
#include <asyncjobs/impl/memory_records.ipp>
#include <asyncjobs/impl/memory_search.ipp>
#include <asyncjobs/impl/memory_sweeps.ipp>
#include <asyncjobs/impl/memory_wait.ipp>
#include <asyncjobs/impl/middleware_chain.ipp>
#include <asyncjobs/impl/notifier.ipp>
#include <asyncjobs/impl/operator_helpers.ipp>
#include <asyncjobs/impl/outcomes.ipp>
#include <asyncjobs/impl/progress_reporter.ipp>
#include <asyncjobs/impl/refused_settlements.ipp>
#include <asyncjobs/impl/retry_policy.ipp>
#include <asyncjobs/impl/running.ipp>
#include <asyncjobs/impl/sealing_job_store.ipp>
#include <asyncjobs/impl/slot_planner.ipp>
#include <asyncjobs/impl/stop_signals.ipp>
#include <asyncjobs/impl/store_changes.ipp>
#include <asyncjobs/impl/tallies.ipp>
#include <asyncjobs/impl/time.ipp>
#include <asyncjobs/impl/transitions.ipp>
#include <asyncjobs/impl/unique_key.ipp>
#include <asyncjobs/impl/watch_loop.ipp>
#include <asyncjobs/impl/workers.ipp>
