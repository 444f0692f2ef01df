package session

import (
	"strconv"
	"time"
)

// Stamp returns the time as a text that nobody else can write, for a form to bring along.
func (m *Manager) Stamp() string {
	return m.stamps.sealBytes([]byte(strconv.FormatInt(m.config.Now().Unix(), 10)))
}

// Stamped returns the age of a stamp, if it is genuine.
func (m *Manager) Stamped(stamp string) (age time.Duration, genuine bool) {
	plain, genuine := m.stamps.openBytes(stamp)
	made, err := strconv.ParseInt(string(plain), 10, 64)
	return m.config.Now().Sub(time.Unix(made, 0)), genuine && err == nil
}
