package arena

import (
	"math"

	"github.com/skirmish-dev/skirmish/game"
)

// This file is what a browser simulates ahead for its own ship, with a twin that testdata/move.json holds to the same bits.
// Everything here reads and writes tagged fields of Ship alone, because a client has no others. Some
// processors fuse x*y+z into one rounding where others round twice: every product is converted before it is added, and
// sines come from the table that both sides have.

// Move is one tick of flight, dt seconds long. Call it for living ships only.
func Move(s *Ship, in Input, dt float32) {
	step := int(float32(turning*headings*dt) + 0.5)
	heading := s.heading() + int(in.Turn)*step
	s.face(heading)

	if in.Thrust {
		push := float32(thrust * dt)
		s.VX += float32(game.Cos(heading) * push)
		s.VY += float32(game.Sin(heading) * push)
	}
	keep := 1 - float32(drag*dt)
	s.VX = float32(s.VX * keep)
	s.VY = float32(s.VY * keep)
	if v2 := float32(s.VX*s.VX) + float32(s.VY*s.VY); v2 > MaxSpeed*MaxSpeed {
		slow := MaxSpeed / float32(math.Sqrt(float64(v2)))
		s.VX = float32(s.VX * slow)
		s.VY = float32(s.VY * slow)
	}
	s.X, s.VX = along(s.X, s.VX, dt)
	s.Y, s.VY = along(s.Y, s.VY, dt)
}

// Pull is one tick of the gun, dt seconds long, and reports whether it goes off. A held trigger shoots whenever the gun is ready;
// a tap while it reloads is kept until then. Call it after Move, for living ships only.
func Pull(s *Ship, fire bool, dt float32) bool {
	s.Tapped = s.Tapped || fire && !s.Held
	s.Held = fire
	if s.Reload > 0 {
		s.Reload--
	}
	if s.Reload > 0 || !s.Held && !s.Tapped {
		return false
	}
	s.Tapped = false
	s.Reload = uint8(max(1, float32(reload/dt)+0.5))
	return true
}

// heading is Angle in steps. Angle is a whole number of them, give or take its last bit.
func (s *Ship) heading() int {
	return int(math.Floor(float64(float64(s.Angle)*(headings/(2*math.Pi)))+0.5)) % headings
}

// face turns the ship to a heading, which may be below 0 or beyond a full turn.
func (s *Ship) face(heading int) {
	s.Angle = float32(float64(uint(heading)%headings) * (2 * math.Pi / headings))
}

// along moves one coordinate and turns it back at the walls.
func along(x, v, dt float32) (float32, float32) {
	x += float32(v * dt)
	switch {
	case x < Radius:
		return Radius, float32(-bounce * v)
	case x > World-Radius:
		return World - Radius, float32(-bounce * v)
	}
	return x, v
}
