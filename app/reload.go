package app

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"

	"hutch/handlers"
	"hutch/handlers/account"
	"hutch/internal/i18n"
	"hutch/internal/sitefolder"
	"hutch/static"
	"hutch/templates"
)

// Site is the site as an HTTP handler. What a site folder says is in its handlers, which are
// made anew when the folder is read again: requests that are under way end on those they
// began on. Sessions, limits, cached answers and all else that runs outlive that.
type Site struct {
	options  Options
	lasting  handlers.Config             // without what is read from the folder
	wait     func(context.Context) error // for background work that may outlive its server
	reading  sync.Mutex
	stamp    string // of the folder when it was last read; in development
	handlers atomic.Pointer[http.Handler]
}

// ServeHTTP implements [http.Handler].
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.options.Folder != nil && !s.options.Config.Production {
		s.readEdited()
	}
	s.Handler().ServeHTTP(w, r)
}

// Handler returns the handlers as they are now.
func (s *Site) Handler() http.Handler { return *s.handlers.Load() }

// Reload reads the site folder and has all later requests answered by what it says. If
// anything is wrong with it, the site goes on as it was. Errors: all faults, joined.
func (s *Site) Reload() error {
	s.reading.Lock()
	defer s.reading.Unlock()
	return s.read()
}

func (s *Site) read() error {
	if s.options.Folder != nil && !s.options.Config.Production {
		s.stamp = sitefolder.Stamp(s.options.Folder)
	}
	next, err := s.assemble(s.options.Folder, nil)
	if err == nil {
		s.handlers.Store(&next)
	}
	return err
}

// readEdited reads the folder if something in it has changed. A fault is for those who are
// editing to see: each page is one that says that something went wrong, and the log says
// what.
func (s *Site) readEdited() {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.stamp == sitefolder.Stamp(s.options.Folder) {
		return
	}
	fault := s.read()
	if fault == nil {
		return
	}
	s.logFaults(fault)
	if broken, err := s.assemble(nil, fault); err == nil {
		s.handlers.Store(&broken)
	}
}

// reloadOnHangup reads the folder at each SIGHUP until ctx ends.
func (s *Site) reloadOnHangup(ctx context.Context) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		defer signal.Stop(hangups)
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangups:
			}
			if err := s.Reload(); err != nil {
				s.logFaults(err)
				s.options.Log.Error("the site folder was not read again: the site goes on as it was")
				continue
			}
			s.options.Log.Info("the site folder was read again")
		}
	}()
}

// logFaults logs each of the faults that are joined in an error.
func (s *Site) logFaults(err error) {
	for _, one := range faultsIn(err) {
		s.options.Log.Error("the site folder has a fault", "fault", one)
	}
}

// assemble makes handlers of a folder; with a fault, such as show nothing else.
func (s *Site) assemble(folder fs.FS, fault error) (http.Handler, error) {
	config := s.options.Config
	own, ofFolder := readFolder(folder)
	words, ofWords := i18n.New(i18n.Options{
		Files: s.options.Words, Own: own.part("i18n"), Numbers: account.Bounds(), Pseudo: !config.Production, Log: s.options.Log,
	})
	files, ofFiles := static.New(onDisk(config, "static", "hutch.css"), own.part("static"))
	if err := errors.Join(ofFolder, ofWords, ofFiles); err != nil {
		return nil, err
	}
	if err := holdsOwn(s.lasting.Directus, config.serviceToken, own.Collections, s.options.Log); err != nil {
		return nil, err
	}
	pages, err := templates.New(templates.Options{
		Dir:             cmp.Or(s.options.Templates, onDisk(config, "templates", "layout.html")),
		Site:            own.part("templates"),
		Languages:       words.Languages(),
		StaticURL:       files.URL,
		Stylesheet:      ownStylesheet(files),
		DirectusURL:     s.options.DirectusURL,
		PublicURL:       config.publicURL,
		ContentLanguage: config.contentLanguage,
		ContactURL:      config.contactURL,
		Sandbox:         s.options.Outbox != nil,
	})
	if err != nil {
		return nil, err
	}
	next := s.lasting
	next.Site, next.Words, next.Static, next.Templates, next.Fault = own.Config, words, files, pages, fault
	if next.Cache, err = s.lasting.Cache.WithoutDerived(); err != nil { // pages of the templates before
		return nil, err
	}
	return handlers.New(next)
}

// ownStylesheet returns the address of static/site.css; empty if there is none.
func ownStylesheet(files *static.Files) string {
	if _, has := files.Named("site.css"); !has {
		return ""
	}
	address, _ := files.URL("site.css") // it has one
	return address
}

// onDisk returns the folder of that name in the working directory, if this is
// development and it contains file: its files are then read for each page. Otherwise
// it returns nil, for the files in the binary.
func onDisk(config Config, folder, file string) fs.FS {
	if _, err := os.Stat(filepath.Join(folder, file)); config.Production || err != nil {
		return nil
	}
	return os.DirFS(folder)
}
