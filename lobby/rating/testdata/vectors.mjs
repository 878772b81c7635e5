// Writes openskill.json: matches of a fixed pseudo-random sequence, and what openskill says of them.
import { rate } from 'openskill'

let state = 0x2545f491
const random = () => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) / 2 ** 32
}
const int = (from, to) => from + Math.floor(random() * (to - from + 1))

// Each case is one of a kind; the rest of a kind is random.
const kinds = [
  { name: 'duel', teams: () => 2, size: () => 1 },
  { name: 'duel of new players', teams: () => 2, size: () => 1, fresh: true },
  { name: 'two teams', teams: () => 2, size: () => int(2, 6) },
  { name: 'free-for-all', teams: () => int(3, 16), size: () => 1 },
  { name: 'teams of any size', teams: () => int(2, 8), size: () => int(1, 5) },
  { name: 'ties', teams: () => int(2, 8), size: () => int(1, 3), ties: true },
  { name: 'drift', teams: () => int(2, 5), size: () => int(1, 3), options: { tau: 25 / 300 } },
  { name: 'far apart', teams: () => int(2, 5), size: () => int(1, 3), wide: true },
]

const cases = []
for (const kind of kinds) {
  for (let n = 0; n < 24; n += 1) {
    const count = kind.teams()
    const teams = Array.from({ length: count }, () =>
      Array.from({ length: kind.size() }, () => {
        if (kind.fresh) return { mu: 25, sigma: 25 / 3 }
        return kind.wide
          ? { mu: random() * 120 - 40, sigma: 0.05 + random() * 12 }
          : { mu: 10 + random() * 30, sigma: 1 + random() * 7.5 }
      }),
    )
    const rank = Array.from({ length: count }, (_, i) => (kind.ties ? int(1, Math.max(2, count - 1)) : i + 1))
    if (!kind.ties) rank.sort(() => random() - 0.5)
    const options = { ...kind.options, rank }
    cases.push({
      name: `${kind.name} ${n}`,
      tau: kind.options?.tau ?? 0,
      rank,
      before: teams.map((team) => team.map(({ mu, sigma }) => [mu, sigma])),
      after: rate(teams, options).map((team) => team.map(({ mu, sigma }) => [mu, sigma])),
    })
  }
}
console.log(JSON.stringify(cases))
