package token_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/internal/token"
)

// A seat is signed and checked with keys of its own: shown as an access token it is refused.
func Example() {
	keys, err := token.NewKeyring()
	check(err)
	signer, err := token.NewSigner(token.Config{Keys: keys})
	check(err)
	verifier, err := token.NewVerifier(token.Config{Keys: keys})
	check(err)

	text, _, err := signer.Seat(token.Seat{Room: "r1", Epoch: 3, Player: "p1", Name: "Ann", Node: "boot1"})
	check(err)
	seat, err := verifier.Seat(text)
	check(err)
	_, refused := verifier.Access(text)
	fmt.Println(seat.Room, seat.Epoch, seat.Name, seat.Role, refused != nil)
	// Output: r1 3 Ann player true
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
