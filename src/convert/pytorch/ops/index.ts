import type { OpConverter, OpTable } from '../op.ts'
import { binaries } from './binary.ts'
import { creations } from './create.ts'
import { indices } from './indexing.ts'
import { products } from './linear.ts'
import { norms } from './norm.ts'
import { numbers } from './numbers.ts'
import { pads } from './pad.ts'
import { reductions } from './reduce.ts'
import { shapes } from './shape.ts'
import { shuffles } from './shuffle.ts'
import { unaries } from './unary.ts'
import { windows } from './windows.ts'

/** Operators of ATen by their name without `aten.`; those of Python by their whole name. */
export const OPS: OpTable = {
  ...unaries,
  ...binaries,
  ...reductions,
  ...products,
  ...windows,
  ...norms,
  ...pads,
  ...shuffles,
  ...shapes,
  ...indices,
  ...creations,
  ...numbers,
}

/** They check or say something, and give nothing. */
const SILENT = /^aten\.(_assert|sym_constrain_range|_functional_assert)|^_guards|^torch\._check/

export const isSilent = (target: string): boolean => SILENT.test(target)

/** The name of an operator that changes its input: `add_` of `aten.add_.Tensor`. */
const IN_PLACE = /^aten\.([a-z]\w*)_(?:\.|$)/

export const isInPlace = (target: string): boolean => IN_PLACE.test(target) && !/__(?:\.|$)/.test(target)

/** By name and overload, then by name; `add_` is `add`. */
export function converterOf(target: string): OpConverter | undefined {
  const [, inPlace] = isInPlace(target) ? (IN_PLACE.exec(target) ?? []) : []
  const [, name = target, overload] = /^aten\.(\w+)(?:\.(\w+))?$/.exec(target) ?? []
  const plain = inPlace ?? name
  for (const wanted of [`${plain}.${overload}`, plain]) if (Object.hasOwn(OPS, wanted)) return OPS[wanted]
  return undefined
}
