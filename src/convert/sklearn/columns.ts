import type { OnnxDtype } from '../../formats/index.ts'
import { failing } from '../errors.ts'
import { cast } from '../graph/cast.ts'
import type { Emitter, Size, Value } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'
import type { NumberDtype } from './fitted/numbers.ts'

/** A row has them all, also where it is sparse in scikit-learn: this many take 80 MB in float64. */
const MAX_COLUMNS = 10_000_000

const tooMany = failing('CONVERT_LIMIT', 'Choose a smaller vocabulary, or fewer categories.')

/**
 * What flows between estimators: columns of rows N, in blocks that lie side by side. A numeric model has one block;
 * behind named inputs, each column is a block of its own, of its own type.
 *
 * Numbers of scikit-learn are float64 between its steps, and are so here, from the float32 input on: ask for
 * `matrix(emitter, 'float64')` and give float64, and what comes out at the end is rounded once. Estimators that
 * convert to float32 themselves (trees) ask for that.
 */
export class Columns {
  /** Blocks [N, k] of one type each, k ≥ 1; none where there is no column. */
  readonly blocks: readonly Value[]
  /** Behind a part that was refused: nothing here is real, and everything fits, so that the rest is looked at. */
  readonly open: boolean

  constructor(blocks: readonly Value[], open = false) {
    this.blocks = blocks.filter(block => widthOf(block) > 0)
    this.open = open
    if (this.width > MAX_COLUMNS) throw tooMany(`Something gives more than ${MAX_COLUMNS} columns`)
  }

  static openOf(width: number): Columns {
    return new Columns([openValue('float32', ['N', width])], true)
  }

  /** How many columns there are. */
  get width(): number {
    return this.blocks.reduce((sum, block) => sum + widthOf(block), 0)
  }

  /** The types of its blocks, in order. */
  get dtypes(): readonly OnnxDtype[] {
    return this.blocks.map(({ dtype }) => dtype)
  }

  /** All columns as one matrix [N, width]. A Refusal for columns of text. */
  matrix(emitter: Emitter, dtype: NumberDtype): Value {
    if (this.open) return openValue(dtype, ['N', this.width])
    const text = this.blocks.find(block => block.dtype === 'string')
    if (text)
      throw new Refusal('it gets columns of text', 'Encode them first, with OneHotEncoder or OrdinalEncoder.')
    return joined(
      emitter,
      this.blocks.map(block => cast(emitter, block, dtype)),
      dtype,
    )
  }

  /** All columns as one matrix of texts [N, width]. A Refusal for columns of numbers. */
  texts(emitter: Emitter): Value {
    if (this.open) return openValue('string', ['N', this.width])
    if (this.blocks.some(block => block.dtype !== 'string'))
      throw new Refusal('it gets columns of numbers, and needs texts')
    return joined(emitter, this.blocks, 'string')
  }

  /** The columns at these places, in this order. */
  pick(emitter: Emitter, places: readonly number[]): Columns {
    if (this.open) return Columns.openOf(places.length)
    const whole = places.length === this.width && places.every((place, i) => place === i)
    if (whole) return this
    const runs: { block: Value; at: number[] }[] = []
    for (const place of places) {
      const { block, at } = this.#at(place)
      const last = runs.at(-1)
      if (last?.block === block) last.at.push(at)
      else runs.push({ block, at: [at] })
    }
    return new Columns(runs.map(({ block, at }) => gather(emitter, block, at)))
  }

  /** Each column by itself. */
  split(emitter: Emitter): readonly Columns[] {
    return Array.from({ length: this.width }, (_, place) => this.pick(emitter, [place]))
  }

  /** These columns, and those of others behind them. */
  static beside(all: readonly Columns[]): Columns {
    return new Columns(
      all.flatMap(({ blocks }) => blocks),
      all.some(({ open }) => open),
    )
  }

  #at(place: number): { readonly block: Value; readonly at: number } {
    let at = place
    for (const block of this.blocks) {
      if (at < widthOf(block)) return { block, at }
      at -= widthOf(block)
    }
    throw new RangeError(`There is no column ${place} of ${this.width}`)
  }
}

/** Stands for what a refused part would give. A graph with it is never built. */
export function openValue(dtype: OnnxDtype, shape: readonly Size[]): Value {
  return { name: '', dtype, shape }
}

/** Columns of a block [N, k]. */
export function widthOf(block: Value): number {
  const width = block.shape?.[1]
  if (block.shape?.length !== 2 || typeof width !== 'number')
    throw new TypeError(`${block.name} is no block of columns: its shape is [${block.shape?.join(', ')}]`)
  return width
}

export function rowsOf(value: Value): Size {
  return value.shape?.[0] ?? null
}

function gather(emitter: Emitter, block: Value, places: readonly number[]): Value {
  if (places.length === widthOf(block) && places.every((place, i) => place === i)) return block
  return emitter.op('Gather', [block, emitter.ints(places)], {
    attributes: { axis: { int: 1 } },
    types: [{ dtype: block.dtype, shape: [rowsOf(block), places.length] }],
  })
}

/** Blocks of one type, side by side. */
export function joined(emitter: Emitter, blocks: readonly Value[], dtype: OnnxDtype): Value {
  const [first] = blocks
  if (!first) throw new Refusal('it gets no columns')
  if (blocks.length === 1) return first
  const width = blocks.reduce((sum, block) => sum + widthOf(block), 0)
  return emitter.op('Concat', blocks, {
    attributes: { axis: { int: 1 } },
    types: [{ dtype, shape: [rowsOf(first), width] }],
  })
}
