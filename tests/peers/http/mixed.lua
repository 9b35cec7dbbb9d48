-- For wrk: reads a job's status, with its ETag and without, follows lists, and submits what was submitted
-- before. Arguments: the job's path, its ETag. Prints how often there was which status.

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(arguments)
    local path, etag = arguments[1], arguments[2]
    local ann = {Authorization = "Bearer ann"}
    local current = {Authorization = "Bearer ann", ["If-None-Match"] = etag}
    local submit = {Authorization = "Bearer ann", ["Content-Type"] = "application/json", ["Idempotency-Key"] = "wrk"}
    requests = {
        wrk.format("GET", path, ann), wrk.format("GET", path, current), wrk.format("GET", path, current),
        wrk.format("GET", "/healthz"), wrk.format("GET", "/v1/jobs?limit=2", ann),
        wrk.format("POST", "/v1/notes", submit, "1"), wrk.format("GET", "/v1/jobs/unknown", ann),
    }
    turn = 0
    statuses = {}
end

function request()
    turn = turn % #requests + 1
    return requests[turn]
end

function response(status)
    statuses[status] = (statuses[status] or 0) + 1
end

function done(summary)
    local errors = summary.errors
    print(string.format("errors %d", errors.connect + errors.read + errors.write + errors.timeout))
    print(string.format("requests %d", summary.requests))
    for _, thread in ipairs(threads) do
        for status, count in pairs(thread:get("statuses")) do
            print(string.format("status %s %d", status, count))
        end
    end
end
