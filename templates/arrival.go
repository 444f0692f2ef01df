package templates

// Arrival is shown to visitors who follow a link from another site to a protected
// page. Browsers withhold a SameSite=Strict cookie on that first request, and send
// it when this page reloads the same URL.
type Arrival struct{ URL string }

func (Arrival) file() string { return "arrival.html" }
