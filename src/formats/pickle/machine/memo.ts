import { MAX_MEMO, MAX_SPARSE_MEMO } from '../limits.ts'
import type { PickleNode } from '../types.ts'

/** What PUT keeps for GET. Keys are whatever a pickle likes; Python's own count up from 0. */
export class Memo {
  readonly #dense: PickleNode[] = []
  readonly #sparse = new Map<number, PickleNode>()

  /** Keys with something under them: MEMOIZE takes this for its own. */
  get size(): number {
    return this.#dense.length + this.#sparse.size
  }

  get(key: number): PickleNode | undefined {
    return this.#dense[key] ?? this.#sparse.get(key)
  }

  /** Whether there was room. */
  put(key: number, node: PickleNode): boolean {
    if (key < this.#dense.length) this.#dense[key] = node
    else if (key === this.#dense.length) {
      if (key >= MAX_MEMO) return false
      this.#sparse.delete(key)
      this.#dense.push(node)
    } else {
      if (this.#sparse.size >= MAX_SPARSE_MEMO && !this.#sparse.has(key)) return false
      this.#sparse.set(key, node)
    }
    return true
  }
}
