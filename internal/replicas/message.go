package replicas

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxMessage bounds the size of a message in bytes.
const maxMessage = 64 << 10

// message is what replicas send each other.
type message struct {
	From string   `json:"from"`
	Tags []string `json:"tags,omitempty"`
	All  bool     `json:"all,omitempty"` // too many tags to list
}

func encode(m message) []byte {
	encoded, _ := json.Marshal(m) // strings always marshal
	if len(encoded) > maxMessage {
		return encode(message{From: m.From, All: true})
	}
	return encoded
}

func decode(encoded string) (message, error) {
	if len(encoded) > maxMessage {
		return message{}, fmt.Errorf("message of %d bytes is too long", len(encoded))
	}
	var m message
	if err := json.Unmarshal([]byte(encoded), &m); err != nil {
		return message{}, err
	}
	if m.From == "" {
		return message{}, errors.New("message has no sender")
	}
	return m, nil
}
