import type { Failures } from '../../errors.ts'
import { MAX_TREE_ARRAYS, MAX_TREE_NODES } from '../limits.ts'
import type { Run } from '../run.ts'
import type { Line } from './lines.ts'
import { FIELDS, type LightgbmTreeRuns } from './model.ts'

/** One tree's lines, and whether they agree with each other. */
export class TreeSection {
  readonly #what: string
  readonly #place: { readonly name: string; readonly offset: number }
  readonly #fail: Failures
  readonly #single = new Map<string, string>()
  readonly #arrays = new Map<string, Run>()

  constructor(index: number, offset: number, file: string, fail: Failures) {
    this.#what = `the tree ${index}`
    this.#place = { name: file, offset }
    this.#fail = fail
  }

  add(key: string, line: Line): void {
    const at = { ...this.#place, offset: line.start }
    if (this.#single.has(key) || this.#arrays.has(key))
      throw this.#fail.malformed(at, `${this.#what} has two lines '${key}'`)
    const field = FIELDS.get(key)
    const start = line.start + key.length + 1
    if (field)
      this.#arrays.set(key, { dtype: field.dtype, count: line.words, start, end: line.end, form: 'text' })
    else this.#single.set(key, line.head.slice(key.length + 1))
    if (this.#single.size > MAX_TREE_ARRAYS)
      throw this.#fail.limit(at, `${this.#what} has more than ${MAX_TREE_ARRAYS} lines`)
  }

  finish(): LightgbmTreeRuns {
    const leaves = this.#whole('num_leaves', 1)
    if (leaves === 0) throw this.#fail.malformed(this.#place, `${this.#what} has no leaves`)
    for (const [name, { per, required }] of FIELDS) {
      if (per === 'any') continue
      const expected = per === 'leaf' ? leaves : leaves - 1
      const count = this.#arrays.get(name)?.count ?? 0
      // What only tells of the training may be missing.
      if (count !== expected && (required || count > 0))
        throw this.#fail.malformed(
          this.#place,
          `${this.#what} has ${leaves} leaves, which makes ${expected} ${name}; it has ${count}`,
        )
    }
    const categorical = this.#whole('num_cat')
    const bounds = this.#arrays.get('cat_boundaries')?.count ?? 0
    if (categorical > 0 && bounds !== categorical + 1)
      throw this.#fail.malformed(
        this.#place,
        `${this.#what} has ${categorical} categorical splits, and ${bounds} bounds`,
      )
    return {
      leaves,
      categorical,
      linear: this.#single.get('is_linear') === '1',
      shrinkage: Number(this.#single.get('shrinkage') ?? 1),
      arrays: this.#arrays,
    }
  }

  #whole(name: string, least = 0): number {
    const text = this.#single.get(name) ?? (least > 0 ? '' : '0')
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (Number.isNaN(value))
      throw this.#fail.malformed(this.#place, `${this.#what} has the ${name} '${text}'`)
    if (value > MAX_TREE_NODES)
      throw this.#fail.limit(this.#place, `${this.#what} has ${value} leaves; the limit is ${MAX_TREE_NODES}`)
    return value
  }
}
