package sitefolder

// FaultOf is what is wrong with a key of the collection at this place, from 0, of site.toml:
// at its line.
func FaultOf(source []byte, at int, key, text string) Fault {
	return Fault{ConfigFile, lineOf(source, at, key), text}
}
