package replicas

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxMessage bounds a message, in bytes.
const maxMessage = 64 << 10

// message is what replicas tell each other.
type message struct {
	From string   `json:"from"`
	Tags []string `json:"tags,omitempty"`
	All  bool     `json:"all,omitempty"` // tags that are too many to name
}

func encode(m message) []byte {
	encoded, _ := json.Marshal(m) // texts can always be encoded
	if len(encoded) > maxMessage {
		return encode(message{From: m.From, All: true})
	}
	return encoded
}

func decode(encoded string) (message, error) {
	if len(encoded) > maxMessage {
		return message{}, fmt.Errorf("%d bytes are too many", len(encoded))
	}
	var m message
	if err := json.Unmarshal([]byte(encoded), &m); err != nil {
		return message{}, err
	}
	if m.From == "" {
		return message{}, errors.New("it does not say from whom")
	}
	return m, nil
}
