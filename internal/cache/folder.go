package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// folder stores one file per value; empty for none.
type folder string

// stored is a value as its file contains it.
type stored struct {
	Key  string    `json:"key"`
	Data []byte    `json:"data"`
	At   time.Time `json:"at"`
	Tags []string  `json:"tags"`
}

func (f folder) file(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(string(f), hex.EncodeToString(sum[:16])+".json")
}

// write writes the file atomically.
func (f folder) write(k stored) error {
	if f == "" {
		return nil
	}
	encoded, err := json.Marshal(k)
	if err != nil {
		return err
	}
	partial, err := os.CreateTemp(string(f), "*.partial")
	if err != nil {
		return err
	}
	_, err = partial.Write(encoded)
	if err = errors.Join(err, partial.Close()); err == nil {
		err = os.Rename(partial.Name(), f.file(k.Key))
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial.Name()))
	}
	return nil
}

func (f folder) forget(key string) {
	if f != "" {
		_ = os.Remove(f.file(key)) // a file that stays is merely stale
	}
}

// read returns all stored values and skips unreadable files.
func (f folder) read() ([]stored, error) {
	if f == "" {
		return nil, nil
	}
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(string(f))
	if err != nil {
		return nil, err
	}
	var all []stored
	for _, file := range files {
		raw, err := os.ReadFile(filepath.Join(string(f), file.Name()))
		if errors.Is(err, fs.ErrNotExist) || !strings.HasSuffix(file.Name(), ".json") {
			continue
		}
		var k stored
		if err == nil && json.Unmarshal(raw, &k) == nil && f.file(k.Key) == filepath.Join(string(f), file.Name()) {
			all = append(all, k)
		}
	}
	return all, nil
}
