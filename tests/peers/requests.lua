-- For wrk: sends the requests of a file one after the other, each once where it was asked to, and says what came of it.
local requests, place, once = {}, 0, false

function init(args)
  once = args[2] == "once"
  local file = assert(io.open(args[1], "rb"))
  for request in (file:read("*a")):gmatch("([^%z]+)%z") do requests[#requests + 1] = request end
  file:close()
end

function request()
  place = place + 1
  if place > #requests then
    if once then wrk.thread:stop() end
    place = 1
  end
  return requests[place]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
