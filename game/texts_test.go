package game

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

func TestSameStringIsOneTextUntilItsLastRelease(t *testing.T) {
	var tab texts
	a, b := tab.use("red", 1, 10), tab.use("red", 1, 10)
	if a != b || a == 0 {
		t.Fatalf("red is %d and %d", a, b)
	}
	tab.release(a, 2)
	if other := tab.use("blue", 3, 10); other == a {
		t.Error("a text in use was given away")
	}
	if c := tab.use("red", 3, 10); c != a {
		t.Errorf("red has become %d, it was %d and in use", c, a)
	}
	if len(tab.added) != 2 {
		t.Errorf("clients are told %v, each string once is enough", tab.added)
	}
}

func TestReleasedTextRestsBeforeItsIdIsUsedAgain(t *testing.T) {
	var tab texts
	a := tab.use("red", 1, 10)
	tab.release(a, 5)
	tab.release(a, 5) // once too often
	if b := tab.use("blue", 15, 10); b == a {
		t.Error("a client ten ticks behind would read blue for red")
	}
	if name := tab.add("ann"); name == a {
		t.Error("a player's name has got the id")
	}
	if b := tab.use("green", 16, 10); b != a {
		t.Errorf("after its rest the id is not used again: green is %d", b)
	}
}

func TestTextTableIsBounded(t *testing.T) {
	var tab texts
	for i := range MaxTexts {
		if tab.use(fmt.Sprint(i), 1, 10) == 0 {
			t.Fatalf("text %d was refused", i)
		}
	}
	if id := tab.use("one more", 1, 10); id != 0 {
		t.Errorf("text %d was taken as %d", MaxTexts, id)
	}
	tab.release(tab.known["0"], 2)
	if id := tab.use("one more", 3, 10); id != 0 {
		t.Error("a string that rests does not count: a game could name as many as it likes in a second")
	}
	if id := tab.use("one more", 13, 10); id == 0 {
		t.Error("a place that has rested is not used")
	}
}

func TestLongTextIsCut(t *testing.T) {
	var tab texts
	tab.use(strings.Repeat("ü", 40), 1, 10)
	if got := tab.entries[0].text; got != strings.Repeat("ü", msg.MaxText/2) {
		t.Errorf("stored as %q", got)
	}
	if tab.use("", 1, 10) != 0 || len(tab.entries) != 1 {
		t.Error("the empty string is no entry, it is 0")
	}
}

// Whatever a game and its players do, ids in use are different, ascending and right.
func TestTextIdsNeverMeanTwoStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tab texts
		held := map[Text]string{} // with at least one use
		uses := map[Text]int{}
		for now := uint32(1); now < 60; now++ {
			s := fmt.Sprint(rapid.IntRange(0, 8).Draw(t, "string"))
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				id := tab.use(s, now, 4)
				if was, ok := held[id]; ok && was != s {
					t.Fatalf("%d is %q and %q", id, was, s)
				}
				held[id] = s
				uses[id]++
			case 2:
				if id := tab.known[s]; id != 0 {
					tab.release(id, now)
					if uses[id]--; uses[id] == 0 {
						delete(held, id)
					}
				}
			case 3:
				id := tab.add(s) // a player's
				if _, ok := held[id]; ok {
					t.Fatalf("a name has got %d, which is in use", id)
				}
				tab.remove(id)
			}
			for i := 1; i < len(tab.entries); i++ {
				if tab.entries[i-1].id >= tab.entries[i].id {
					t.Fatalf("entries %v", tab.entries)
				}
			}
			if len(tab.entries) != len(held) {
				t.Fatalf("%d entries for %d strings in use", len(tab.entries), len(held))
			}
		}
	})
}
