#pragma once

#include "broken/claims.hpp"
#include "broken/fleet.hpp"
#include "broken/leases.hpp"
#include "broken/limits.hpp"
#include "broken/operators.hpp"
#include "broken/reads.hpp"
#include "broken/settlements.hpp"
#include "broken/submits.hpp"

/// Stores with one defect each, for the conformance suite to find.
namespace broken {}
