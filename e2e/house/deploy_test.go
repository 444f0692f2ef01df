package house_test

import (
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"hutch/app"
	"hutch/handlers/account"
)

// What deploy/ says of Hutch is true, and its parts fit each other.
func TestDeployment(t *testing.T) {
	read := func(file string) string {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	source := read("deploy/compose.yaml")
	var compose struct {
		Services map[string]struct {
			Image       string            `yaml:"image"`
			Environment map[string]string `yaml:"environment"`
			Networks    []string          `yaml:"networks"`
			Ports       []string          `yaml:"ports"`
		} `yaml:"services"`
		Networks map[string]struct {
			IPAM struct {
				Config []struct {
					Subnet string `yaml:"subnet"`
				} `yaml:"config"`
			} `yaml:"ipam"`
		} `yaml:"networks"`
	}
	if err := yaml.Unmarshal([]byte(source), &compose); err != nil {
		t.Fatal(err)
	}
	subnet := func(network string) string {
		configured := compose.Networks[network].IPAM.Config
		if len(configured) != 1 || !netip.MustParsePrefix(configured[0].Subnet).IsValid() {
			t.Fatalf("the network %s: %v", network, configured)
		}
		return configured[0].Subnet
	}

	// Each variable is asked for once, and used.
	variable := regexp.MustCompile(`\$\{([A-Z_]+)`)
	asked := regexp.MustCompile(`(?m)^([A-Z_]+)=`)
	var used, offered []string
	for _, found := range variable.FindAllStringSubmatch(source, -1) {
		used = append(used, found[1])
	}
	for _, found := range asked.FindAllStringSubmatch(read("deploy/.env.example"), -1) {
		offered = append(offered, found[1])
	}
	slices.Sort(used)
	slices.Sort(offered)
	if used = slices.Compact(used); !slices.Equal(used, offered) {
		t.Errorf("compose.yaml uses %v\n.env.example has %v", used, offered)
	}

	// The configuration of the replicas is one that Hutch takes.
	one, other := compose.Services["hutch-1"], compose.Services["hutch-2"]
	if len(one.Environment) == 0 || len(one.Environment) != len(other.Environment) {
		t.Errorf("the replicas differ: %v, %v", one.Environment, other.Environment)
	}
	given := map[string]string{"APP_ENV": "production", "HOST": "0.0.0.0", "PORT": "8080"} // of the Dockerfile
	known := read(".env")
	for name, value := range one.Environment {
		if !strings.Contains(known, "\n"+name+"=") {
			t.Errorf("Hutch reads no %s", name)
		}
		value = strings.ReplaceAll(value, "${SITE_HOST:?}", "www.example.com")
		given[name] = variable.ReplaceAllStringFunc(strings.ReplaceAll(strings.ReplaceAll(value, ":?}", ""), ":-}", ""), func(string) string { return strings.Repeat("s", 32) })
	}
	for _, set := range []string{"APP_ENV=production", "HOST=0.0.0.0", "PORT=8080", "USER 65532", "FROM scratch", "CGO_ENABLED=0", "-tags nomsgpack"} {
		if !strings.Contains(read("deploy/Dockerfile"), set) {
			t.Errorf("the Dockerfile has no %s", set)
		}
	}
	config, err := app.Read(func(name string) string { return given[name] })
	if err != nil {
		t.Errorf("Hutch would not start: %v", err)
	}
	if !config.Production || !slices.Equal(config.TrustedProxies, []string{subnet("front")}) {
		t.Errorf("production: %t; proxies that are believed: %v, and Caddy's network is %s", config.Production, config.TrustedProxies, subnet("front"))
	}

	// Directus lets its mails lead to Hutch, and believes Hutch.
	directus := compose.Services["directus"]
	for i, name := range []string{"USER_REGISTER_URL_ALLOW_LIST", "PASSWORD_RESET_URL_ALLOW_LIST", "USER_INVITE_URL_ALLOW_LIST"} {
		if want := account.MailedURLs("https://${SITE_HOST:?}")[i]; directus.Environment[name] != want {
			t.Errorf("%s is %q, want %q", name, directus.Environment[name], want)
		}
	}
	if directus.Environment["IP_TRUST_PROXY"] != subnet("back") {
		t.Errorf("Directus believes %q, and Hutch's network is %s", directus.Environment["IP_TRUST_PROXY"], subnet("back"))
	}
	if newest := regexp.MustCompile(`newest   := (\S+)`).FindStringSubmatch(read("Makefile")); newest == nil || directus.Image != "directus/directus:"+newest[1] {
		t.Errorf("Directus is %s, and tested is %v", directus.Image, newest)
	}

	// Nobody but Caddy can be reached from outside.
	for name, service := range compose.Services {
		for _, port := range service.Ports {
			if name != "caddy" && !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s can be reached at %s", name, port)
			}
		}
		if name != "caddy" && !strings.HasPrefix(name, "hutch-") && slices.Contains(service.Networks, "front") {
			t.Errorf("%s is in Caddy's network", name)
		}
	}
	// What the program is built from is sent to the builder.
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if and .Module .Module.Main}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for room := range strings.FieldsSeq(string(out)) {
		room, below := strings.CutPrefix(room, "hutch/")
		if folder, _, _ := strings.Cut(room, "/"); below && !strings.Contains(read("deploy/Dockerfile.dockerignore"), "\n!"+folder+"\n") {
			t.Errorf("the builder is not sent %s", room)
		}
	}
	for _, needed := range []string{"reverse_proxy hutch-1:8080 hutch-2:8080", "health_uri /readyz", "X-Request-Id"} {
		if !strings.Contains(read("deploy/Caddyfile"), needed) {
			t.Errorf("the Caddyfile has no %s", needed)
		}
	}
}
