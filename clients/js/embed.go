// Package js holds the browser demo as built files, so that the server carries them and building it needs no Node.
//
// The root serves them at "/". build.sh makes them from demo/src; CI builds them again and compares. It imports nothing of ours.
package js

import (
	"embed"
	"io/fs"
)

//go:embed demo/dist
var dist embed.FS

// Demo returns the files of the arena demo: index.html, app.js, app.css, favicon.svg; and skirmish.js, the SDK in one file for
// pages without a bundler. index.html loads the others by relative paths and nothing from elsewhere; it works under a
// Content-Security-Policy of "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';
// require-trusted-types-for 'script'".
func Demo() fs.FS {
	sub, err := fs.Sub(dist, "demo/dist")
	if err != nil {
		panic("js: " + err.Error()) // only for a path that is not valid
	}
	return sub
}
