#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/job_store.hpp>
#include <asyncjobs/memory_job_store.hpp>
#include <asyncjobs/version.hpp>
