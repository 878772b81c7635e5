package webfile

import (
	"mime"
	"strconv"
	"strings"
)

// compressible says whether a Content-Type is of text.
func compressible(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch kind {
	case "application/json", "application/javascript", "application/manifest+json", "application/openapi+json", "image/svg+xml":
		return true
	case "text/event-stream":
		return false
	}
	return strings.HasPrefix(kind, "text/")
}

// AcceptsGzip reads the lines of Accept-Encoding (RFC 9110, 12.5.3): whether gzip is named, or * is and gzip is not, with a weight above
// 0. What cannot be read does not count.
func AcceptsGzip(lines []string) bool {
	named, star := -1.0, -1.0
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		coding, weight := codingOf(part)
		switch coding {
		case "gzip", "x-gzip":
			named = max(named, weight)
		case "*":
			star = max(star, weight)
		}
	}
	if named >= 0 {
		return named > 0
	}
	return star > 0
}

// codingOf reads "gzip;q=0.5". A weight that is no number from 0 to 1 makes it nothing.
func codingOf(part string) (coding string, weight float64) {
	coding, params, weighed := strings.Cut(part, ";")
	coding = strings.ToLower(strings.TrimSpace(coding))
	if !weighed {
		return coding, 1
	}
	name, value, _ := strings.Cut(strings.TrimSpace(params), "=")
	q, err := strconv.ParseFloat(value, 64)
	if !strings.EqualFold(name, "q") || err != nil || !(q >= 0 && q <= 1) {
		return "", 0
	}
	return coding, q
}
