import { broadcast } from './broadcast.ts'
import { textOf, typed, unfit } from './read.ts'
import type { Rule } from './types.ts'
import type { Shape, Size } from './values.ts'

/** numpy's einsum, without sublists: letters name axes, `...` stands for those that have no letter. */
export const einsum: Rule = node => {
  const [first] = node.inputs
  if (!first) return undefined
  const equation = textOf(node, 'equation').replaceAll(' ', '')
  const [left = '', right] = equation.split('->')
  const terms = left.split(',')
  if (terms.length !== node.inputs.length)
    throw unfit(`Einsum '${equation}' names ${terms.length} inputs, and has ${node.inputs.length}`)
  const sizes = new Map<string, Size>()
  let batch: Shape | undefined = []
  for (const [i, term] of terms.entries())
    batch = noteAxes(term, node.inputs[i]?.shape, sizes, batch, equation)
  const output = right ?? implicit(left)
  if (output.includes('...') && !batch) return [typed(first.dtype, undefined)]
  const [before = '', after] = output.split('...')
  const named = (letters: string) => Array.from(letters, letter => sizes.get(letter) ?? null)
  return [
    typed(first.dtype, [...named(before), ...(after === undefined ? [] : [...batch!, ...named(after)])]),
  ]
}

function noteAxes(
  term: string,
  shape: Shape | undefined,
  sizes: Map<string, Size>,
  batch: Shape | undefined,
  equation: string,
): Shape | undefined {
  const [before = '', after] = term.split('...')
  if (!shape) return after === undefined ? batch : undefined
  const named = before.length + (after?.length ?? 0)
  if (after === undefined ? named !== shape.length : named > shape.length)
    throw unfit(`Einsum '${equation}': '${term}' has no place for the shape [${shape.join(', ')}]`)
  const end = shape.length - (after?.length ?? 0)
  const letters = [...before, ...(after ?? '')]
  const axes = [...shape.slice(0, before.length), ...(after === undefined ? [] : shape.slice(end))]
  for (const [i, letter] of letters.entries()) sizes.set(letter, merge(sizes.get(letter), axes[i]!))
  return after === undefined ? batch : broadcast(batch, shape.slice(before.length, end))
}

/** Of one letter's sizes the one that says most. */
function merge(known: Size | undefined, size: Size): Size {
  if (known === undefined || known === null || known === 1) return size
  return typeof size === 'number' && size !== 1 ? size : known
}

/** Without an arrow: letters that occur once, in alphabetical order, after the ellipsis. */
function implicit(left: string): string {
  const letters = [...left].filter(letter => /[A-Za-z]/.test(letter))
  const once = letters.filter(letter => letters.indexOf(letter) === letters.lastIndexOf(letter))
  return `${left.includes('...') ? '...' : ''}${once.sort().join('')}`
}
