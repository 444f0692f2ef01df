package templates

// Arrival is shown to whoever follows a link from another site to a protected
// page: browsers keep a SameSite=Strict cookie back on that first request, and
// send it when this page loads the same address again.
type Arrival struct{ URL string }

func (Arrival) file() string { return "arrival.html" }
