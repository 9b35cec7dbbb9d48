#include <asyncjobs/src.hpp>
