package app

import (
	"strconv"
	"time"
)

// How much and how long: variables that hold an amount.

// duration reads a duration of at least the given minimum.
func (r *configReader) duration(name string, unset, least time.Duration) time.Duration {
	value := r.get(name)
	if value == "" {
		return unset
	}
	read, err := time.ParseDuration(value)
	if err != nil || read < least {
		r.fault("%s is %q: must be a duration of at least %s, such as %s", name, value, least, unset)
	}
	return read
}

// megabytes reads a size in megabytes and returns it in bytes.
func (r *configReader) megabytes(name string, unset uint64) uint64 {
	value := r.get(name)
	if value == "" {
		return unset << 20
	}
	read, err := strconv.ParseUint(value, 10, 20)
	if err != nil || read == 0 {
		r.fault("%s is %q: must be a whole number of megabytes, such as %d", name, value, unset)
	}
	return read << 20
}

func (r *configReader) maxRequests() int {
	value := r.get("MAX_REQUESTS")
	if value == "" {
		return 1024
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 8 || n > 1_000_000 {
		r.fault("MAX_REQUESTS is %q: must be a number from 8 to 1000000, such as 1024", value)
	}
	return n
}
