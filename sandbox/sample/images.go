package sample

import "image/color"

// Width and Height are the size of every image, in pixels.
const (
	Width  = 1600
	Height = 900
)

// The images' ids never change: posts and bookmarks refer to them.
const (
	imageFrost   = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a01"
	imageHarvest = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a02"
	imageMeadow  = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a03"
	imageDusk    = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a04"
	imageDawn    = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a05"
	imageNight   = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a06"
	imageLake    = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a07"
	imageClover  = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a08"
	imageRose    = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a09"
	imageEmber   = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0a"
	imageSpring  = "5f0e1b52-2a0c-4c5e-9d1f-0b8a6f4e1a0b"
)

// Image is an image of the site. Image.JPEG draws it.
type Image struct {
	ID          string // uuid
	FileName    string // "first-frost.jpg"
	Title       string
	Description string // what is to be seen, for people who cannot see it
	scene       scene
}

// Images lists the images without drawing them.
func Images() []Image {
	return []Image{
		{imageFrost, "first-frost.jpg", "First frost",
			"Pale blue hills under a low winter sun, a rabbit sitting on the nearest ridge.",
			scene{seed: 11, zenith: rgb(0x6f8fb3), horizon: rgb(0xf3e3d6), far: rgb(0xb9c8d8), near: rgb(0x31475c), light: rgb(0xfff4df), lightX: 0.70, lightY: 0.46, lightSize: 46, rabbits: []rabbit{{x: 0.27, size: 1.05}}}},
		{imageHarvest, "harvest-moon.jpg", "Harvest moon",
			"A large orange moon rising behind dark stubble hills, two rabbits facing each other.",
			scene{seed: 23, zenith: rgb(0x2b2a4c), horizon: rgb(0xd9804a), far: rgb(0x8d4f4d), near: rgb(0x1d1726), light: rgb(0xffd089), lightX: 0.60, lightY: 0.42, lightSize: 108, stars: 60, rabbits: []rabbit{{x: 0.36, size: 0.95}, {x: 0.50, size: 0.82, facesLeft: true}}}},
		{imageMeadow, "noon-meadow.jpg", "Noon meadow",
			"Green rolling meadows under a clear sky, a rabbit with its ears up in the grass.",
			scene{seed: 37, zenith: rgb(0x4fa3c7), horizon: rgb(0xe7f3d8), far: rgb(0xa8cfa0), near: rgb(0x22543a), light: rgb(0xfffbe6), lightX: 0.22, lightY: 0.22, lightSize: 58, rabbits: []rabbit{{x: 0.66, size: 1.1, facesLeft: true}}}},
		{imageDusk, "lavender-dusk.jpg", "Lavender dusk",
			"Layered violet hills at dusk, the last light going down beside a lone rabbit.",
			scene{seed: 41, zenith: rgb(0x3d3a6b), horizon: rgb(0xf2b5a7), far: rgb(0xa487ab), near: rgb(0x241f3c), light: rgb(0xffe2c4), lightX: 0.34, lightY: 0.50, lightSize: 62, stars: 30, rabbits: []rabbit{{x: 0.71, size: 1, facesLeft: true}}}},
		{imageDawn, "workshop-dawn.jpg", "Workshop dawn",
			"A yellow dawn over misty hills, a big and a small rabbit on the way home.",
			scene{seed: 53, zenith: rgb(0x7fb4b8), horizon: rgb(0xffe3a3), far: rgb(0xd7c79a), near: rgb(0x3a4a3c), light: rgb(0xfff6d0), lightX: 0.50, lightY: 0.48, lightSize: 54, rabbits: []rabbit{{x: 0.24, size: 1}, {x: 0.36, size: 0.6}}}},
		{imageNight, "night-warren.jpg", "Night over the warren",
			"A starry night with a thin bright moon over blue-black hills and three watchful rabbits.",
			scene{seed: 67, zenith: rgb(0x0c1330), horizon: rgb(0x40608f), far: rgb(0x2d466e), near: rgb(0x080c1a), light: rgb(0xf4f6ff), lightX: 0.78, lightY: 0.20, lightSize: 44, crescent: true, stars: 260, rabbits: []rabbit{{x: 0.20, size: 0.8}, {x: 0.31, size: 1}, {x: 0.58, size: 0.7, facesLeft: true}}}},
		{imageLake, "teal-evening.jpg", "Teal evening",
			"An evening in teal and peach, hills fading into the distance, a rabbit on the left.",
			scene{seed: 79, zenith: rgb(0x1f5566), horizon: rgb(0xf6c9a0), far: rgb(0x7ea7a0), near: rgb(0x0f2a33), light: rgb(0xffeccd), lightX: 0.64, lightY: 0.48, lightSize: 70, stars: 18, rabbits: []rabbit{{x: 0.16, size: 1.15}}}},
		{imageClover, "clover-hill.jpg", "Clover hill",
			"Bright clover-green hills under a mild morning sky, two rabbits grazing apart.",
			scene{seed: 83, zenith: rgb(0x8cc7c4), horizon: rgb(0xf6f0cf), far: rgb(0xb7d39a), near: rgb(0x2f5d2e), light: rgb(0xfffdf0), lightX: 0.83, lightY: 0.30, lightSize: 50, rabbits: []rabbit{{x: 0.22, size: 0.85}, {x: 0.60, size: 1.05, facesLeft: true}}}},
		{imageRose, "rose-afterglow.jpg", "Rose afterglow",
			"Rose and plum hills after sunset, two rabbits sitting close together.",
			scene{seed: 97, zenith: rgb(0x6b3f6e), horizon: rgb(0xffc9b5), far: rgb(0xcf8f9a), near: rgb(0x3a1c36), light: rgb(0xffe9dc), lightX: 0.42, lightY: 0.44, lightSize: 80, stars: 24, rabbits: []rabbit{{x: 0.55, size: 1}, {x: 0.655, size: 0.92, facesLeft: true}}}},
		{imageEmber, "ember-evening.jpg", "Ember evening",
			"A red sun sinking behind black hills, a rabbit’s ears against the glow.",
			scene{seed: 101, zenith: rgb(0x4a1f2b), horizon: rgb(0xff9a52), far: rgb(0xb0523f), near: rgb(0x1c0d10), light: rgb(0xffd9a0), lightX: 0.48, lightY: 0.50, lightSize: 92, rabbits: []rabbit{{x: 0.43, size: 1.2}}}},
		{imageSpring, "spring-rain.jpg", "After spring rain",
			"Fresh grey-green hills after rain, a pale sun breaking through above a young rabbit.",
			scene{seed: 113, zenith: rgb(0x7d95a0), horizon: rgb(0xe9efe2), far: rgb(0xaec3b1), near: rgb(0x2b4a44), light: rgb(0xffffff), lightX: 0.30, lightY: 0.32, lightSize: 48, rabbits: []rabbit{{x: 0.74, size: 0.7, facesLeft: true}}}},
	}
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff} // #nosec G115 -- the lowest byte is what is meant
}
