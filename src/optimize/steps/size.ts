import type { StepBuilder } from './builder.ts'

/**
 * A number of pixels: known, or the name of a float64 of one element that the graph computes. Doubles are what the
 * interpreter computes sizes in, so that both round alike.
 */
export type Size = number | string

export class Sizes {
  readonly #builder: StepBuilder

  constructor(builder: StepBuilder) {
    this.#builder = builder
  }

  add(a: Size, b: Size): Size {
    return this.#binary('Add', a, b, (x, y) => x + y)
  }

  subtract(a: Size, b: Size): Size {
    return this.#binary('Sub', a, b, (x, y) => x - y)
  }

  multiply(a: Size, b: Size): Size {
    return this.#binary('Mul', a, b, (x, y) => x * y)
  }

  divide(a: Size, b: Size): Size {
    return this.#binary('Div', a, b, (x, y) => x / y)
  }

  least(a: Size, b: Size): Size {
    return this.#binary('Min', a, b, Math.min)
  }

  most(a: Size, b: Size): Size {
    return this.#binary('Max', a, b, Math.max)
  }

  floor(a: Size): Size {
    return typeof a === 'number' ? Math.floor(a) : this.#builder.op('Floor', [a])
  }

  ceil(a: Size): Size {
    return typeof a === 'number' ? Math.ceil(a) : this.#builder.op('Ceil', [a])
  }

  /** Halves to the even number. */
  round(a: Size): Size {
    if (typeof a === 'string') return this.#builder.op('Round', [a])
    const low = Math.floor(a)
    return a - low === 0.5 ? low + (low % 2) : Math.round(a)
  }

  /** Halves up, as Math.round. */
  roundUp(a: Size): Size {
    return this.floor(this.add(a, 0.5))
  }

  /** `yes` where a ≤ b, else `no`. */
  whereAtMost(a: Size, b: Size, yes: Size, no: Size): Size {
    if (typeof a === 'number' && typeof b === 'number') return a <= b ? yes : no
    const condition = this.#builder.op('LessOrEqual', [this.#name(a), this.#name(b)])
    return this.#builder.op('Where', [condition, this.#name(yes), this.#name(no)])
  }

  /** Sizes as one int64 vector. */
  vector(sizes: readonly Size[]): string {
    const known = sizes.filter(size => typeof size === 'number')
    if (known.length === sizes.length) return this.#builder.int64(known)
    const together = this.#builder.op(
      'Concat',
      sizes.map(size => this.#name(size)),
      { axis: 0 },
    )
    return this.#builder.cast(together, 'int64')
  }

  /** The size of an axis of a value. */
  of(value: string, axis: number): Size {
    const size = this.#builder.op('Shape', [value], { start: axis, end: axis + 1 })
    return this.#builder.cast(size, 'float64')
  }

  #name(size: Size): string {
    return typeof size === 'string' ? size : this.#builder.float64([size])
  }

  #binary(op: string, a: Size, b: Size, compute: (a: number, b: number) => number): Size {
    if (typeof a === 'number' && typeof b === 'number') return compute(a, b)
    return this.#builder.op(op, [this.#name(a), this.#name(b)])
  }
}
