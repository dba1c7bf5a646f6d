import type { OnnxAttribute } from '../../../formats/index.ts'
import type { Graph, Node } from './graph.ts'

/** Ops that give something else each time. */
const RANDOM = new Set(
  'RandomNormal RandomNormalLike RandomUniform RandomUniformLike Bernoulli Multinomial Dropout'.split(' '),
)

/** Tensors of attributes that are compared; larger ones are as good as always different. */
const MAX_COMPARED_BYTES = 64

/** Of nodes that compute the same from the same, the first stays. */
export function removeDuplicates(graph: Graph): void {
  const first = new Map<string, Node>()
  for (const node of [...graph.nodes]) {
    const key = keyOf(node)
    const seen = key === undefined ? undefined : first.get(key)
    if (!seen) {
      if (key !== undefined) first.set(key, node)
      continue
    }
    if (node.outputs.length !== seen.outputs.length || node.outputs.some(output => graph.isPinned(output)))
      continue
    for (const [i, output] of node.outputs.entries()) graph.replace(output, seen.outputs[i]!)
    graph.remove(node)
  }
}

function keyOf({ op, domain, inputs, outputs, attributes }: Node): string | undefined {
  if (RANDOM.has(op)) return undefined
  const parts = Object.entries(attributes).map(([name, value]) => `${name}=${textOf(value)}`)
  if (parts.some(part => part.endsWith('=undefined'))) return undefined
  // Names may have any character, so they are quoted.
  return JSON.stringify([domain, op, inputs, outputs.map(output => output !== ''), parts.sort()])
}

function textOf(value: OnnxAttribute): string | undefined {
  if ('graph' in value || 'graphs' in value || 'parameter' in value) return undefined
  if (!('tensor' in value))
    return JSON.stringify(value, (_, item: unknown) => {
      if (typeof item === 'bigint') return `${item}n`
      return typeof item === 'number' && !(Number.isFinite(item) && !Object.is(item, -0))
        ? `${1 / item} ${item}`
        : item
    })
  const { dtype, shape, data } = value.tensor
  if (!(data instanceof Uint8Array) || data.byteLength > MAX_COMPARED_BYTES) return undefined
  return `${dtype} ${shape} ${Buffer.from(data).toString('hex')}`
}
