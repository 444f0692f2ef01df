package templates

import "testing"

func TestInitials(t *testing.T) {
	for member, want := range map[Member]string{
		{}: "", {Email: "ada@example.com"}: "A", {Name: "ada", Email: "x@example.com"}: "A", {Name: " Ada  Brook "}: "AB",
		{Name: "Ada Maria von Brook"}: "AB", {Name: "élodie ökonom"}: "ÉÖ", {Name: "李 明"}: "李明",
	} {
		if got := member.Initials(); got != want {
			t.Errorf("%+v: %q, want %q", member, got, want)
		}
	}
}
