//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// conn is one connection that is kept. It writes a request in one piece and reads the answer, which costs less than http.Client: the load
// has one processor, as the server has. Owned by one goroutine.
type conn struct {
	addr string
	c    net.Conn
	r    *bufio.Reader
	out  []byte
}

// request is one call.
type request struct {
	method, path string
	body         string // JSON; empty: none
	token        string // Bearer; empty: none
	etag         string // If-None-Match; empty: none
	from         string // the client's address, as a proxy would tell it
}

// answer is what came back.
type answer struct {
	status int
	etag   string
	body   []byte
}

// patience is how long an answer may take.
const patience = 30 * time.Second

func (c *conn) do(r request) (answer, error) {
	if c.c == nil {
		dialled, err := net.DialTimeout("tcp", c.addr, patience)
		if err != nil {
			return answer{}, err
		}
		c.c, c.r = dialled, bufio.NewReaderSize(dialled, 32<<10)
	}
	a, keep, err := c.exchange(r)
	if err != nil || !keep {
		c.close()
	}
	return a, err
}

func (c *conn) exchange(r request) (a answer, keep bool, err error) {
	c.out = append(c.out[:0], r.method...)
	c.out = append(append(c.out, ' '), r.path...)
	c.out = append(append(c.out, " HTTP/1.1\r\nHost: "...), c.addr...)
	c.out = append(append(c.out, "\r\nX-Forwarded-For: "...), r.from...)
	if r.token != "" {
		c.out = append(append(c.out, "\r\nAuthorization: Bearer "...), r.token...)
	}
	if r.etag != "" {
		c.out = append(append(c.out, "\r\nIf-None-Match: "...), r.etag...)
	}
	if r.body != "" {
		c.out = append(c.out, "\r\nContent-Type: application/json\r\nContent-Length: "...)
		c.out = strconv.AppendInt(c.out, int64(len(r.body)), 10)
	}
	c.out = append(append(c.out, "\r\n\r\n"...), r.body...)
	if err := c.c.SetDeadline(time.Now().Add(patience)); err != nil {
		return a, false, err
	}
	if _, err := c.c.Write(c.out); err != nil {
		return a, false, err
	}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return a, false, err
	}
	a.status, a.etag = res.StatusCode, res.Header.Get("ETag")
	a.body, err = io.ReadAll(res.Body)
	_ = res.Body.Close() // it has been read to its end
	return a, !res.Close, err
}

func (c *conn) close() {
	if c.c != nil {
		_ = c.c.Close() // nothing is written that could be lost
		c.c = nil
	}
}

// want is do for a call of the preparations: any other status is an error, and the answer is decoded.
func (c *conn) want(status int, r request, into any) error {
	a, err := c.do(r)
	if err != nil {
		return fmt.Errorf("%s %s: %w", r.method, r.path, err)
	}
	if a.status != status {
		return unwanted(r, a)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(a.body, into)
}

func unwanted(r request, a answer) error {
	return fmt.Errorf("%w: %s %s: %d %.200s", errRefused, r.method, r.path, a.status, a.body)
}
