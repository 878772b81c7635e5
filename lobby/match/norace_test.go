//go:build !race

package match

// randomOps is how many operations TestNoTicketIsLostOrMatchedTwice does.
const randomOps = 1_000_000
