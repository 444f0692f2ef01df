done = function(summary, latency, requests)
  local e = summary.errors
  print(string.format("counted %d %d %d %d %d %d %d %d", summary.requests, summary.duration, summary.bytes,
    e.connect, e.read, e.write, e.status, e.timeout))
end
