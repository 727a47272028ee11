-- wrk -s pipeline.lua URL -- DEPTH : DEPTH requests per write with TechEmpower's headers; one line of figures at the end.
function init(args)
    local depth = tonumber(args[1])
    wrk.headers["Host"] = "localhost"
    wrk.headers["Accept"] =
        "text/plain,text/html;q=0.9,application/xhtml+xml;q=0.9,application/xml;q=0.8,*/*;q=0.7"
    wrk.headers["Connection"] = "keep-alive"
    local one = wrk.format(nil, wrk.path)
    requests = string.rep(one, depth)
end

function request()
    return requests
end

function done(summary)
    local errors = summary.errors
    io.write(string.format("figures %d %d %d %d\n", summary.requests, summary.duration,
        errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
