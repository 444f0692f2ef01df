package sandbox

import (
	"bytes"
	"container/list"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"sync"

	"golang.org/x/image/draw"
)

const (
	maxPainting = 2        // pictures being worked on at once
	maxKept     = 32 << 20 // bytes of transformed pictures kept in memory
)

// pictures limits the work on images and caches the results, evicting the least
// recently used.
type pictures struct {
	working chan struct{}

	mu     sync.Mutex
	kept   map[pictureKey]*list.Element // of *picture
	recent *list.List                   // the latest first
	size   int
}

type pictureKey struct {
	file   string
	wanted transformation
}

type picture struct {
	key       pictureKey
	bytes     []byte
	mediaType string
}

func newPictures() *pictures {
	return &pictures{
		working: make(chan struct{}, maxPainting),
		kept:    make(map[pictureKey]*list.Element),
		recent:  list.New(),
	}
}

// begin waits for a free slot; end releases it.
func (p *pictures) begin(ctx context.Context) error {
	select {
	case p.working <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pictures) end() { <-p.working }

func (p *pictures) find(key pictureKey) *picture {
	p.mu.Lock()
	defer p.mu.Unlock()
	element, ok := p.kept[key]
	if !ok {
		return nil
	}
	p.recent.MoveToFront(element)
	return element.Value.(*picture)
}

func (p *pictures) keep(made *picture) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.kept[made.key]; ok || len(made.bytes) > maxKept {
		return
	}
	p.kept[made.key] = p.recent.PushFront(made)
	p.size += len(made.bytes)
	for p.size > maxKept {
		oldest := p.recent.Remove(p.recent.Back()).(*picture)
		delete(p.kept, oldest.key)
		p.size -= len(oldest.bytes)
	}
}

// forget drops the results for a deleted file.
func (p *pictures) forget(file string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, element := range p.kept {
		if key.file == file {
			p.size -= len(p.recent.Remove(element).(*picture).bytes)
			delete(p.kept, key)
		}
	}
}

// transformed returns a file's image, resized and encoded as wanted, with its
// media type. sourceType is the media type of the file.
func (s *Sandbox) transformed(ctx context.Context, file, sourceType string, wanted transformation) ([]byte, string, error) {
	key := pictureKey{file, wanted}
	if found := s.pictures.find(key); found != nil {
		return found.bytes, found.mediaType, nil
	}
	stored, err := s.fileBytes(ctx, file)
	if err != nil {
		return nil, "", err
	}
	if err := s.pictures.begin(ctx); err != nil {
		return nil, "", err
	}
	defer s.pictures.end()
	if found := s.pictures.find(key); found != nil { // made by another request, meanwhile
		return found.bytes, found.mediaType, nil
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(stored))
	if err != nil || size.Width > maxDimension || size.Height > maxDimension {
		return nil, "", illegalTransformation()
	}
	source, _, err := image.Decode(bytes.NewReader(stored))
	if err != nil {
		return nil, "", fmt.Errorf("decoding picture %s: %w", file, err)
	}
	made := &picture{key: key, mediaType: sourceType}
	switch {
	case wanted.format == "jpg":
		made.mediaType = "image/jpeg"
	case wanted.format == "png" || sourceType == "image/webp": // which can be read but not written
		made.mediaType = "image/png"
	}
	if made.bytes, err = encode(resize(source, wanted), made.mediaType, wanted.quality); err != nil {
		return nil, "", fmt.Errorf("encoding picture %s: %w", file, err)
	}
	s.pictures.keep(made)
	return made.bytes, made.mediaType, nil
}

// resize scales the image: "cover" fills the size and crops the rest, around the
// focus if there is one; "contain" adds bars; "inside" and "outside" keep the
// whole image within or around the size. If one side is given, the other follows.
func resize(source image.Image, wanted transformation) image.Image {
	from := source.Bounds()
	w, h := float64(from.Dx()), float64(from.Dy())
	toW, toH := float64(wanted.width), float64(wanted.height)
	if wanted.keepFromGrowth {
		toW, toH = math.Min(toW, w), math.Min(toH, h)
	}
	switch {
	case toW == 0 && toH == 0:
		return source
	case toH == 0:
		toH = math.Max(1, math.Round(h*toW/w))
	case toW == 0:
		toW = math.Max(1, math.Round(w*toH/h))
	}
	scale := math.Max(toW/w, toH/h)
	if wanted.fit == "inside" || wanted.fit == "contain" {
		scale = math.Min(toW/w, toH/h)
	}
	size := image.Pt(max(1, int(math.Round(w*scale))), max(1, int(math.Round(h*scale))))
	frame := image.Pt(int(toW), int(toH))
	if wanted.fit == "inside" || wanted.fit == "outside" {
		frame = size
	}
	if frame.X > maxDimension || frame.Y > maxDimension { // "outside" of an extreme shape
		frame = image.Pt(min(frame.X, maxDimension), min(frame.Y, maxDimension))
	}
	made := image.NewRGBA(image.Rectangle{Max: frame})
	draw.Draw(made, made.Bounds(), image.NewUniform(color.Black), image.Point{}, draw.Src)
	corner := frame.Sub(size).Div(2)
	if f := wanted.focus; f.chosen {
		corner.X = min(0, max(frame.X-size.X, frame.X/2-int(math.Round(f.x*scale))))
		corner.Y = min(0, max(frame.Y-size.Y, frame.Y/2-int(math.Round(f.y*scale))))
	}
	draw.ApproxBiLinear.Scale(made, image.Rectangle{Min: corner, Max: corner.Add(size)}, source, from, draw.Src, nil)
	return made
}

func encode(made image.Image, mediaType string, quality int) ([]byte, error) {
	var buffer bytes.Buffer
	if mediaType == "image/png" {
		err := png.Encode(&buffer, made)
		return buffer.Bytes(), err
	}
	if quality == 0 {
		quality = defaultLoss
	}
	err := jpeg.Encode(&buffer, made, &jpeg.Options{Quality: quality})
	return buffer.Bytes(), err
}
