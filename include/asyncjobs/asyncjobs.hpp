#pragma once

#include <asyncjobs/client.hpp>
#include <asyncjobs/events.hpp>
#include <asyncjobs/executor.hpp>
#include <asyncjobs/store/job_store.hpp>
#include <asyncjobs/store/memory_job_store.hpp>
#include <asyncjobs/version.hpp>
