package lobby

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/skirmish-dev/skirmish/internal/httpguard"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// A lobby on a data folder, behind its guard, as a server puts it together.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "skirmish")
	check(err)
	defer os.RemoveAll(dir)
	db, err := store.Open(context.Background(), store.Config{Dir: dir})
	check(err)
	defer db.Close()
	keys, err := token.LoadKeyring(dir+"/keys", time.Now())
	check(err)

	host := &fakeHost{rooms: map[string]Room{}} // the game side
	l, err := New(Config{
		Store: db, Keys: keys, Allocator: host, Directory: host, PublicURL: "https://play.example", Protocol: 1,
	})
	check(err)
	defer l.Close()
	guard, err := httpguard.New(httpguard.Config{PublicURL: "https://play.example"})
	check(err)
	handler := guard.Wrap(l.Handler())

	request := httptest.NewRequest(http.MethodPost, "https://play.example/v1/auth/guest", strings.NewReader(`{"name":"Ann"}`))
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	fmt.Println(answer.Code, answer.Result().Cookies()[0].Name)
	// Output: 200 skirmish_refresh
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
