package passwords

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// known is what a site knows of a member when a password is judged.
var known = []string{"anna.kroeger+news@example-mail.org", "Anna", "Kröger", "Longeared Hutch"}

var guessable = map[string][]string{
	"words":          {"password", "football", "computer", "iloveyou", "passwort", "sonnenschein", "fußball", "fussball", "schmetterling", "müller", "mueller", "geheimnis"},
	"their capitals": {"Password", "PASSWORD", "passworD", "PassWord", "pAsSwOrD", "Sonnenschein", "FUSSBALL", "FUẞBALL", "Schmetterling"},
	"look-alikes":    {"p@ssw0rd", "P@$$w0rd", "pa55word", "f00tba11", "7r0u813", "c0mpu+er", "5onnen5che1n", "P455w0rt", "passw0rt!", "|loveyou", "i1oveyou"},
	"backwards":      {"drowssap", "Drowssap", "trowssap", "nomekop", "dr0w55@p", "niehcsnennos"},
	"with more":      {"password1", "password1234", "Password1!", "Sommer2024", "sommer2024", "hallo123", "Hallo123!", "passwort1985", "1234passwort", "michael1", "Berlin2025", "schatz4ever", "qwertz123", "ilovemax", "master99", "!dragon!"},
	"two words":      {"hellolove", "gutentag", "ichliebe", "ichliebedich", "Hello_you", "thebaby"},
	"repeats":        {"aaaaaaaa", "11111111", "........", "AAAAAAAAAAAA", "äääääääääää", "🐇🐇🐇🐇🐇🐇🐇🐇", "abcabcabc", "abababab", "x7x7x7x7", "passwordpassword", "Hallo!Hallo!", "hallohallohallo", "ööxööxööxööx", "11223344", "密码密码密码密码", strings.Repeat("k9", 32), strings.Repeat("z", 64)},
	"sequences":      {"abcdefgh", "ABCDEFGH", "hgfedcba", "12345678", "87654321", "23456789", "abcd1234", "1234abcd", "abc123xyz", "stuvwxyz", "абвгдежз", "αβγδεζηθ", "αβγδ1234"},
	"keyboard":       {"qwertyuiop", "qwertzuiop", "QWERTZUIOP", "poiuytrewq", "asdfghjkl", "asdfghjklö", "yxcvbnm,.-", "zxcvbnm,", "1qaz2wsx", "1QAZ2wsx", "1qaz@WSX", "!QAZ2wsx", "qaywsxedc", "1qay2wsx3edc", "1qaz2wsx3edc", "qweasdzxc", "qwertasdfg", "qwertzasdfgh", "!@#$%^&*", "!\"§$%&/(", "789456123", "147258369", "963852741", "üpoiuztrewq", "1q2w3e4r", "1q2w3e4r5t6z", "1q2w3e4r5t6y", "qwer1234", "1234qwer"},
	"dates":          {"24121985", "19851224", "12241985", "24.12.1985", "12/24/1985", "1985-12-24", "24-12-85", "24.12.85", "1.4.1990", "4/1/1990", "1990/4/1", "24 12 1985", "24_12_1985", "01012000", "anna24121985", "20242025", "1985passwort", "19841985", "31.12.2049"},
	"known":          {"anna.kroeger+news@example-mail.org", "ANNA.KROEGER+NEWS@EXAMPLE-MAIL.ORG", "anna.kroeger", "annakroeger", "kroegeranna", "AnnaKroeger", "annakröger", "KrögerAnna", "Kroeger1985", "Kr0eger!", "regeork1", "Anna1985!", "annaanna", "longeared", "Longeared1", "hutchhutch", "longearedhutch", "Longeared Hutch", "Hutch2025!", "HutchAnna1", "examplemail", "example-mail", "anna-news", "l0nge4red"},
	"pasted":         {" password", "password ", "  password  ", "\tpassword", "password\n", "\npassword\t3\n", "hutch\t4\n", "\u00a0password", "pass word", "\u3000\u3000\u3000\u3000\u3000\u3000\u3000\u3000", "ｐａｓｓｗｏｒｄ", "𝐩𝐚𝐬𝐬𝐰𝐨𝐫𝐝", "fu\u0308r\u0308fu\u0308r\u0308", "mu\u0308ller12", "schlu\u0308ssel", "pass\u00adwort", "pass\u200bword"},
	"one of all":     {"Password123!", "Qwertz123!", "Hallo1234!", "abc123!!!", "Passw0rt!", "Sch4tz2020"},
}

var unguessable = map[string][]string{
	"random":        {"xk3v9qzt", "Tr7bQ2mZ", "7fj2k9xw", "gq8!Vz2#", "h4Kw9ZpX", "94717583", "qjzvkxwp"},
	"word phrases":  {"correct horse battery staple", "correcthorsebatterystaple", "Pferd Batterie Klammer richtig", "pferdbatterieklammerrichtig", "tisch-lampe-wolke-hase", "green-kettle-window-march"},
	"with a dot":    {"hay-and-clover", "clover by the tin roof", "möhrenkraut am zaun", "Löwenzahn&Klee7", "zaunkönig-im-mai"},
	"other scripts": {"парольщик-сено", "兔子喜欢干草和三叶草", "🐇🌿🥕🏡🌧🐾🌻🪵", "κουνελιώνσπίτι"},
	"known and":     {"anna-mag-rotkraut", "hutch-kx7vqz", "kroeger!8Vzq2"},
	"long":          {"k3v9qztx7fj2kw4mh8gq5bn1", "der Hase springt über den Zaun und frisst den ganzen Klee im Garten"},
}

func TestGuessablePasswordsAreRefused(t *testing.T) {
	for what, list := range guessable {
		for _, password := range list {
			if !Guessable(password, known) {
				t.Errorf("%s: %q is accepted: %.1f bits", what, password, bitsOf(password))
			}
		}
	}
}

func TestOtherPasswordsAreAccepted(t *testing.T) {
	for what, list := range unguessable {
		for _, password := range list {
			if Guessable(password, known) {
				t.Errorf("%s: %q is refused: %.1f bits", what, password, bitsOf(password))
			}
		}
	}
}

// What is known of one member says nothing of another.
func TestKnownIsAskedForEachTime(t *testing.T) {
	for _, password := range []string{"kxqvzwtj", "Kxqvzwtj", "kxqvzwtj1", "jtwzvqxk", "kxqvzwtjkxqvzwtj", "Vögelzxqk", "voegelzxqk", "kxqvzwtj@vögelzxqk.example"} {
		if Guessable(password, nil) || Guessable(password, []string{"", " ", "k", "\xff\xfe\n\t"}) {
			t.Errorf("%q is refused to everybody", password)
		}
		if !Guessable(password, []string{"", "KXQVZWTJ@Vögelzxqk.example"}) {
			t.Errorf("%q is accepted", password)
		}
	}
}

// The list is searched as a string: it has to be sorted, and each word once.
func TestEveryListedWordIsRefused(t *testing.T) {
	lines := strings.SplitAfter(words, "\n")
	lines = lines[:len(lines)-1] // after the last
	if len(lines) < 90_000 || len(words) > 1_000_000 || !slices.IsSorted(lines) {
		t.Errorf("%d words, %d bytes, sorted: %v", len(lines), len(words), slices.IsSorted(lines))
	}
	before := ""
	for i, line := range lines {
		word, class, ok := strings.Cut(line, "\t")
		if !ok || len(class) != 2 || word == before || utf8.RuneCountInString(word) < 3 || word != strings.ToLower(word) {
			t.Errorf("line %d: %q after %q", i+1, line, before)
		}
		before = word
		if i%16 == 0 && !Guessable(word, nil) {
			t.Errorf("%q is accepted: %.1f bits", word, bitsOf(word))
		}
	}
}

// Eight random letters and digits are enough, unless they happen to make words and the
// like; four common words always are.
func TestRandomPasswordsAreAccepted(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	common := strings.Fields("house water table green river stone music horse paper light window garden dinner summer letter bridge haus wasser tisch lampe garten fenster brot wolke hase klee")
	var unlucky []string
	for range 1000 {
		if password := pick(random, "abcdefghijklmnopqrstuvwxyz0123456789", 8); Guessable(password, known) {
			unlucky = append(unlucky, password)
		}
	}
	if len(unlucky) > 5 { // zxcvbn refuses as many
		t.Errorf("%d of 1000 are refused: %q", len(unlucky), unlucky)
	}
	for range 100 {
		random.Shuffle(len(common), func(i, j int) { common[i], common[j] = common[j], common[i] })
		for _, between := range []string{"", " ", "-"} {
			if phrase := strings.Join(common[:4], between); Guessable(phrase, known) {
				t.Errorf("%q is refused: %.1f bits", phrase, bitsOf(phrase))
			}
		}
	}
}

// Only the beginning is judged, so that no password is too much work.
func TestOnlyTheBeginningIsJudged(t *testing.T) {
	for _, password := range []string{strings.Repeat("a", longest) + "xk3v9qzt", strings.Repeat("ｋ９", 500)} {
		if !Guessable(password, known) {
			t.Errorf("%q is accepted", password)
		}
	}
	if Guessable(pick(rand.New(rand.NewPCG(3, 4)), "abcdefghijklmnopqrstuvwxyz", longest)+strings.Repeat("a", 1000), known) {
		t.Error("what follows makes it easy")
	}
}

// hardest are passwords with many readings: characters that look like several
// letters, in the order of common words.
func hardest() []string {
	random := rand.New(rand.NewPCG(5, 6))
	list := []string{strings.Repeat("17|!", 16), strings.Repeat("m4r13", 13), strings.Repeat("57471", 13), strings.Repeat("5743|", 13), strings.Repeat("c0n57", 13), strings.Repeat("(4741", 13)}
	for _, character := range "147|!350$@aes" {
		list = append(list, strings.Repeat(string(character), longest))
	}
	for _, alphabet := range []string{"17|!", "147|!350$", "aeinrst1437", "0123456789", "aeio", "🐇ä1"} {
		for range 50 {
			list = append(list, pick(random, alphabet, longest))
		}
	}
	return list
}

// Look-alikes multiply the readings of a password, but only those that begin a word
// are followed.
func TestWorkIsBounded(t *testing.T) {
	most, worst := 0, ""
	for _, password := range hardest() {
		p := judge(password)
		p.words(words)
		if p.steps > most {
			most, worst = p.steps, password
		}
	}
	t.Logf("%d steps for %q", most, worst)
	if most > 20_000 {
		t.Errorf("%q takes %d steps", worst, most)
	}
}

func BenchmarkHardest(b *testing.B) {
	list := hardest()
	for b.Loop() {
		for _, password := range list {
			Guessable(password, known)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(list)), "µs/password")
}

func FuzzGuessable(f *testing.F) {
	for _, list := range guessable {
		f.Add(list[0], list[len(list)-1])
	}
	f.Add("ab\t4\n", "ab")
	f.Add("\xff\t\n\x00", "\xff\t\n\x00 \u0130ß\u0308")
	f.Fuzz(func(t *testing.T, password, about string) {
		Guessable(password, known)
		Guessable(password, []string{about})
		if lower := strings.ToLower(password); utf8.RuneCountInString(about) > 1 && about == password && lower == password && !Guessable(password, []string{about}) {
			t.Errorf("%q is accepted although it is known", password)
		}
	})
}

func pick(random *rand.Rand, alphabet string, length int) string {
	characters := []rune(alphabet)
	picked := make([]rune, length)
	for i := range picked {
		picked[i] = characters[random.IntN(len(characters))]
	}
	return string(picked)
}

func bitsOf(password string) float64 { return fewestBits(password, known) }
