package webfile

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var long = []byte(strings.Repeat("the same words again and again, ", 200))

func ask(f *File, method string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	f.ServeHTTP(rec, r)
	return rec
}

func unzip(t *testing.T, rec *httptest.ResponseRecorder) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(rec.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFileIsCompressedForWhoTakesIt(t *testing.T) {
	f := New(long, "text/html; charset=utf-8", "no-cache")
	plain, zipped := ask(f, "GET"), ask(f, "GET", "Accept-Encoding", "gzip, br")
	if !bytes.Equal(plain.Body.Bytes(), long) || plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("plain: %d bytes, %v", plain.Body.Len(), plain.Header())
	}
	if !bytes.Equal(unzip(t, zipped), long) || zipped.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("zipped: %v", zipped.Header())
	}
	if got := zipped.Header().Get("Content-Length"); got != strconv.Itoa(zipped.Body.Len()) || zipped.Body.Len() > len(long)/10 {
		t.Errorf("Content-Length %q of %d bytes", got, zipped.Body.Len())
	}
	if a, b := plain.Header().Get("ETag"), zipped.Header().Get("ETag"); a == b || b != strings.TrimSuffix(a, `"`)+`-gzip"` {
		t.Errorf("ETags %s and %s: different bytes need different ones", a, b)
	}
	for _, rec := range []*httptest.ResponseRecorder{plain, zipped} {
		if rec.Header().Get("Vary") != "Accept-Encoding" || rec.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%v", rec.Header())
		}
	}
}

func TestUnchangedFileIsNotSentAgain(t *testing.T) {
	f := New(long, "text/css", "no-cache")
	for _, encoding := range []string{"identity", "gzip"} {
		tag := ask(f, "GET", "Accept-Encoding", encoding).Header().Get("ETag")
		rec := ask(f, "GET", "Accept-Encoding", encoding, "If-None-Match", "W/"+tag)
		if rec.Code != 304 || rec.Body.Len() != 0 || rec.Header().Get("ETag") != tag || rec.Header().Get("Vary") != "Accept-Encoding" ||
			rec.Header().Get("Content-Encoding") != "" || rec.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %d, %d bytes, %v", encoding, rec.Code, rec.Body.Len(), rec.Header())
		}
	}
	// The tag of the other encoding is that of other bytes.
	tag := ask(f, "GET").Header().Get("ETag")
	if rec := ask(f, "GET", "Accept-Encoding", "gzip", "If-None-Match", tag); rec.Code != 200 {
		t.Errorf("%d", rec.Code)
	}
}

func TestRangesAreOfThePlainBytes(t *testing.T) {
	f := New(long, "text/css", "no-cache")
	rec := ask(f, "GET", "Accept-Encoding", "gzip", "Range", "bytes=4-7")
	if rec.Code != 206 || rec.Body.String() != "same" || rec.Header().Get("Content-Encoding") != "" {
		t.Errorf("%d %q %v", rec.Code, rec.Body, rec.Header())
	}
	// A part of a compressed file cannot be gone on with: the whole comes.
	zipped := ask(f, "GET", "Accept-Encoding", "gzip").Header().Get("ETag")
	if rec := ask(f, "GET", "Accept-Encoding", "gzip", "Range", "bytes=4-7", "If-Range", zipped); rec.Code != 200 || rec.Body.Len() != len(long) {
		t.Errorf("%d, %d bytes", rec.Code, rec.Body.Len())
	}
	if rec := ask(f, "GET", "Range", "bytes=999999-"); rec.Code != 416 {
		t.Errorf("%d", rec.Code)
	}
}

func TestHeadSaysWhatGetWould(t *testing.T) {
	f := New(long, "text/css", "no-cache")
	for _, encoding := range []string{"identity", "gzip"} {
		get, head := ask(f, "GET", "Accept-Encoding", encoding), ask(f, "HEAD", "Accept-Encoding", encoding)
		if head.Body.Len() != 0 || head.Code != 200 {
			t.Errorf("%s: %d, %d bytes", encoding, head.Code, head.Body.Len())
		}
		for name := range get.Header() {
			if get.Header().Get(name) != head.Header().Get(name) {
				t.Errorf("%s: %s is %q and %q", encoding, name, get.Header().Get(name), head.Header().Get(name))
			}
		}
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	rec := ask(New(long, "text/css", "no-cache"), "POST")
	if rec.Code != http.StatusMethodNotAllowed || rec.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
}

func TestWhatDoesNotGainIsNotCompressed(t *testing.T) {
	noise := make([]byte, 5000)
	for i := range noise {
		noise[i] = byte(i * i >> 3 * 7919 >> (i % 5))
	}
	for name, f := range map[string]*File{
		"short": New(long[:compressFrom-1], "text/css", ""), "image": New(long, "image/png", ""), "stream": New(long, "text/event-stream", ""),
		"no type": New(long, "", ""), "noise": New(Gzip(append(noise, long...), "text/css"), "text/css", ""),
	} {
		rec := ask(f, "GET", "Accept-Encoding", "gzip")
		if rec.Header().Get("Content-Encoding") != "" || rec.Header().Get("Vary") != "" {
			t.Errorf("%s: %v", name, rec.Header())
		}
	}
}

func TestAcceptEncodingIsReadWithItsWeights(t *testing.T) {
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "x-gzip": true, "br, gzip": true, "gzip;q=0": false, "gzip; q=0.0": false, "gzip;q=0.1": true,
		"*": true, "*;q=0": false, "gzip;q=0, *": false, "*;q=0, gzip": true, "identity": false, "deflate": false, "gzip;q=x": false, "gzip;q=2": false,
		"gzip;q=-1": false, "gzip;q=NaN": false, "gzip;level=9": false, "gzipped": false, " gzip ": true,
	} {
		if got := AcceptsGzip([]string{header}); got != want {
			t.Errorf("%q: %t, want %t", header, got, want)
		}
	}
	if AcceptsGzip(nil) || !AcceptsGzip([]string{"br", "gzip"}) {
		t.Error("lines are not joined")
	}
}

func TestGzipGivesBackWhatWentIn(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		in := bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(r, "part"), rapid.IntRange(1, 200).Draw(r, "times"))
		out := Gzip(in, "text/plain")
		if out == nil {
			return
		}
		z, err := gzip.NewReader(bytes.NewReader(out))
		if err != nil {
			r.Fatal(err)
		}
		if back, err := io.ReadAll(z); err != nil || !bytes.Equal(back, in) {
			r.Fatal(err)
		}
	})
}

func FuzzAcceptsGzip(f *testing.F) {
	for _, seed := range []string{"gzip", "gzip;q=0", "*;q=0.5, gzip;q=0", ";;,,q=", "gzip;q=1e400"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if AcceptsGzip([]string{header}) && !strings.Contains(strings.ToLower(header), "gzip") && !strings.Contains(header, "*") {
			t.Errorf("%q", header)
		}
	})
}
