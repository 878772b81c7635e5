package snapshot

import (
	"math/bits"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// motion is what the last three states of an entity say about where it is now. Both sides compute it from the same
// rows: it costs nothing on the wire.
type motion struct {
	ahead, gap, before int64 // t - t1, t1 - t2, t2 - t3
	line               bool  // s1 and s2 are near enough to draw a line through
	curve              bool  // and s3 tells how good the last line was
}

// newMotion takes the tick of the message and the ticks of the three newest states, 0 where there is none.
func newMotion(t, t1, t2, t3 uint32) (m motion) {
	m.ahead, m.gap, m.before = int64(t-t1), int64(t1-t2), int64(t2-t3)
	m.line = t2 != 0 && m.ahead <= schema.MaxGap && m.gap <= schema.MaxGap
	m.curve = m.line && t3 != 0 && m.before <= schema.MaxGap
	return m
}

// predict extrapolates one field.
func (m *motion) predict(f *schema.Field, s1, s2 uint32) uint32 {
	if !m.line {
		return s1
	}
	return f.Predict(s1, s2, m.ahead, m.gap)
}

// residual is what the prediction of a field is wrong by. Gaps are nearly always equal; then it is a second difference.
func (m *motion) residual(f *schema.Field, now, s1, s2 uint32) int64 {
	if m.line && m.ahead == m.gap {
		return schema.SignExtend(now-2*s1+s2, f.Bits)
	}
	return f.Residual(now, m.predict(f, s1, s2))
}

// rice chooses the parameter of the residual's Rice code: the width of what the last prediction was wrong by, and a sixteenth of
// the speed, because what is fast turns fast. Tuned on recorded car movement and on ships that fly straight. missed is 0 without
// a curve.
func (m *motion) rice(width uint8, s1, s2 uint32, missed int64) int {
	if !m.line {
		return min(6, int(width)/2)
	}
	speed := magnitude(schema.SignExtend(s1-s2, width))
	wrong := speed / 4
	if m.curve {
		wrong = magnitude(missed)
	}
	return min(bits.Len64(uint64(wrong+speed/16)), int(width)-1)
}

// missed is the residual that the newest state had; 0 without a curve.
func (m *motion) missed(f *schema.Field, s1, s2, s3 uint32) int64 {
	switch {
	case !m.curve:
		return 0
	case m.gap == m.before:
		return schema.SignExtend(s1-2*s2+s3, f.Bits)
	}
	return f.Residual(s1, f.Predict(s2, s3, m.gap, m.before))
}

func magnitude(v int64) int64 { return max(v, -v) }
