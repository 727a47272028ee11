-- wrk -s pipeline.lua URL -- DEPTH : DEPTH requests per write with TechEmpower's headers; one line of figures at the end.
-- wrk asks for its bytes once, not for each write, where a script has no request(): else the load costs more than its answer.
function init(args)
    local depth = tonumber(args[1])
    wrk.headers["Host"] = "localhost"
    wrk.headers["Accept"] =
        "text/plain,text/html;q=0.9,application/xhtml+xml;q=0.9,application/xml;q=0.8,*/*;q=0.7"
    wrk.headers["Connection"] = "keep-alive"
    local requests = string.rep(wrk.format(nil, wrk.path), depth)
    wrk.format = function()
        return requests
    end
end

function done(summary)
    local errors = summary.errors
    io.write(string.format("figures %d %d %d %d\n", summary.requests, summary.duration,
        errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
