// Package passwords tells which passwords are too easy to guess.
//
//	password ─▶ words.go: listed words, and what is known of the member ─┐
//	         ─▶ guess.go: sequences, keyboard walks, dates, repeats ─────┼─▶ the cheapest
//	                      single characters ─────────────────────────────┘   split, in bits
//
// It counts guesses as zxcvbn does: those of the cheapest way to put the password
// together from parts that attackers try first. It asks no service. Nothing is prepared
// at the start or kept in memory: the list is searched in the binary, as it lies there.
//
// words.txt holds the lists of github.com/ccojocar/zxcvbn-go 1.0.4 (passwords, English
// words, American first and last names) and of @zxcvbn-ts/language-de 3.0.2 (German
// words, first and last names, umlauts also as ae, oe, ue and ss), and first a dozen
// passwords that are common in German: each word of three letters or more once, in lower
// case, with its best rank. Both are under the licence below.
package passwords

// Copyright (c) Nathan Button
// Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc.
//
// Permission is hereby granted, free of charge, to any person obtaining a copy of this
// software and associated documentation files (the "Software"), to deal in the Software
// without restriction, including without limitation the rights to use, copy, modify,
// merge, publish, distribute, sublicense, and/or sell copies of the Software, and to
// permit persons to whom the Software is furnished to do so, subject to the following
// conditions:
//
// The above copyright notice and this permission notice shall be included in all copies
// or substantial portions of the Software.
//
// THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED,
// INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A
// PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT
// HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
// CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR
// THE USE OR OTHER DEALINGS IN THE SOFTWARE.
