/**
 * The least cut between `SOURCE` and `SINK` (Dinic 1970): each round numbers the nodes by their distance from the
 * source, and fills the ways along which it grows, until no way is left. Rounds are few where capacities are, as here:
 * a cut is what transposes cost that stay.
 */
export class Flow {
  readonly #to: number[] = []
  readonly #room: number[] = []
  /** Edges that leave a node. Each edge has its reverse at the number that differs in the last bit. */
  readonly #out: number[][]

  constructor(nodes: number) {
    this.#out = Array.from({ length: nodes }, () => [])
  }

  edge(from: number, to: number, capacity: number): void {
    this.#out[from]!.push(this.#to.length)
    this.#to.push(to)
    this.#room.push(capacity)
    this.#out[to]!.push(this.#to.length)
    this.#to.push(from)
    this.#room.push(0)
  }

  /** Nodes on the source's side of the least cut: the smallest such set. */
  cut(): ReadonlySet<number> {
    for (;;) {
      const level = this.#levels()
      if (level[SINK] === -1) return new Set(level.flatMap((at, node) => (at === -1 ? [] : [node])))
      this.#fill(level)
    }
  }

  /** Distances from the source along edges that have room; −1 where there is no way. */
  #levels(): number[] {
    const level = new Array<number>(this.#out.length).fill(-1)
    level[SOURCE] = 0
    const queue = [SOURCE]
    for (const node of queue)
      for (const edge of this.#out[node]!) {
        const to = this.#to[edge]!
        if (this.#room[edge]! <= 0 || level[to] !== -1) continue
        level[to] = level[node]! + 1
        queue.push(to)
      }
    return level
  }

  /** Fills shortest ways until none is left: depth first, without recursion, each edge given up once. */
  #fill(level: readonly number[]): void {
    const next = new Array<number>(level.length).fill(0)
    const way: number[] = []
    let node = SOURCE
    for (;;) {
      if (node === SINK) {
        this.#push(way)
        way.length = 0
        node = SOURCE
      }
      const edge = this.#out[node]![next[node]!]
      if (edge === undefined) {
        const back = way.pop()
        if (back === undefined) return
        node = this.#to[back ^ 1]!
        next[node]!++
      } else if (this.#room[edge]! > 0 && level[this.#to[edge]!] === level[node]! + 1) {
        way.push(edge)
        node = this.#to[edge]!
      } else next[node]!++
    }
  }

  #push(way: readonly number[]): void {
    const most = way.reduce((least, edge) => Math.min(least, this.#room[edge]!), Number.POSITIVE_INFINITY)
    for (const edge of way) {
      this.#room[edge]! -= most
      this.#room[edge ^ 1]! += most
    }
  }
}

export const SOURCE = 0
export const SINK = 1
