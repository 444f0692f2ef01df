package sandbox

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/gif" // measures
	"io"
	"mime"
	"mime/multipart"
	"path/filepath"
	"strings"
	"unicode"

	_ "golang.org/x/image/webp" // decodes
)

// upload is POST /files with a multipart form of one or more files. A file gets
// the fields before it in the form; those after it are ignored.
func (s *Sandbox) upload(c *call) error {
	q, err := parseQuery(c.r.URL.RawQuery)
	if err != nil {
		return err
	}
	// Always read the whole request: most clients do not read the answer before they
	// have sent it.
	defer func() { _, _ = io.Copy(io.Discard, c.r.Body) }()
	form, err := c.r.MultipartReader()
	if err != nil {
		return invalidPayload("The sandbox takes files as multipart/form-data only")
	}
	ctx, files := c.r.Context(), s.schema.collection("directus_files")
	rules, err := s.rulesFor(ctx, s.db, c.who, "create", files.name)
	if err != nil {
		return err
	}
	if len(rules) == 0 {
		return forbiddenCollection("", files.name)
	}
	var keys []string
	fields, room := item{}, int64(maxBody)
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return invalidPayload("The form is not whole")
		}
		mediaType, isFile := fileType(part)
		if !isFile {
			value, err := io.ReadAll(io.LimitReader(part, room+1))
			if err != nil {
				return invalidPayload("The form is not whole")
			}
			if room -= int64(len(value)); room < 0 {
				return invalidPayload("The form's fields are too large")
			}
			fields[part.FormName()] = formValue(string(value))
			continue
		}
		if part.FileName() == "" {
			return invalidPayload("File is missing filename")
		}
		content, err := s.readFile(part)
		if err != nil {
			return err
		}
		key, err := s.storeFile(ctx, c.who, files, nameFile(fields, part.FileName(), mediaType), content)
		if err != nil {
			return err
		}
		keys, fields = append(keys, key), item{}
	}
	if len(keys) == 0 {
		return invalidPayload("No files were included in the body")
	}
	return s.showCreated(c, files, q, keys, len(keys) > 1)
}

// fileType distinguishes files from fields as Directus' form parser does.
func fileType(part *multipart.Part) (mediaType string, isFile bool) {
	mediaType, _, _ = mime.ParseMediaType(part.Header.Get("Content-Type"))
	if mediaType == "" {
		mediaType = "text/plain"
	}
	_, parameters, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	return mediaType, parameters["filename"] != "" || mediaType == "application/octet-stream"
}

// formValue parses the few values that are not text.
func formValue(text string) any {
	switch strings.TrimSpace(text) {
	case "null":
		return nil
	case "true":
		return true
	case "false":
		return false
	}
	return text
}

// nameFile adds the fields that every file has.
func nameFile(fields item, name, mediaType string) item {
	if title := asText(fields["title"]); title == "" {
		fields["title"] = titleOf(name)
	}
	if asText(fields["filename_download"]) == "" {
		fields["filename_download"] = name
	}
	if _, given := fields["storage"]; !given {
		fields["storage"] = "local"
	}
	fields["type"] = mediaType
	return fields
}

// titleOf turns "first-snow.jpg" into "First Snow".
func titleOf(name string) string {
	words := strings.FieldsFunc(strings.TrimSuffix(name, filepath.Ext(name)), func(r rune) bool { return r == '-' || r == '_' || r == ' ' })
	for i, word := range words {
		letters := []rune(word)
		letters[0] = unicode.ToUpper(letters[0])
		words[i] = string(letters)
	}
	return strings.Join(words, " ")
}

func (s *Sandbox) readFile(part *multipart.Part) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(part, s.options.MaxUpload+1))
	if err != nil {
		return nil, invalidPayload("The form is not whole")
	}
	if int64(len(content)) > s.options.MaxUpload {
		return nil, contentTooLarge()
	}
	return content, nil
}

// storeFile creates the row with the caller's permission, and then sets the
// fields that the caller may not choose.
func (s *Sandbox) storeFile(ctx context.Context, who caller, files *collection, fields item, content []byte) (key string, err error) {
	measured := item{"filesize": len(content), "uploaded_on": timestamp(s.now())}
	if strings.HasPrefix(asText(fields["type"]), "image/") {
		if picture, _, err := image.DecodeConfig(bytes.NewReader(content)); err == nil {
			measured["width"], measured["height"] = picture.Width, picture.Height
		}
	}
	return key, s.inTransaction(ctx, func(tx querier) error {
		if key, err = s.create(ctx, tx, who, files, fields, func() error { return nil }); err != nil {
			return err
		}
		if !keyFits(files, key) { // an id that the caller made up
			return forbidden()
		}
		if asText(fields["filename_disk"]) == "" {
			measured["filename_disk"] = key + filepath.Ext(asText(fields["filename_download"]))
		}
		if err := s.set(ctx, tx, files, key, measured); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO file_bytes VALUES (?, ?)`, key, content)
		return err
	})
}

// changeFile is PATCH /files/:id. It changes the description of a file, not its
// bytes.
func (s *Sandbox) changeFile(c *call) error {
	if media, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type")); media == "multipart/form-data" {
		return invalidPayload("The sandbox does not replace files")
	}
	return s.changeAndShow(c, "directus_files", c.r.PathValue("key"))
}
