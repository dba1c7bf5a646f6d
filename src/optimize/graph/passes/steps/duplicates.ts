import type { OnnxAttribute } from '../../../../formats/index.ts'
import type { Body, Node } from '../world/types.ts'
import type { World } from '../world/world.ts'
import { isDeterministic } from './nondeterministic.ts'

/** Tensors of attributes that are compared; larger ones are as good as always different. */
const MAX_COMPARED_BYTES = 1024

/** Of nodes of one graph that compute the same from the same, one stays. */
export function removeDuplicates(world: World): void {
  const first = new Map<string, Node>()
  const graphs = new Map<Body, number>()
  for (const node of [...world.nodes()]) {
    if (!graphs.has(node.body)) graphs.set(node.body, graphs.size)
    const key = keyOf(node, graphs.get(node.body)!)
    if (key === undefined) continue
    const seen = first.get(key)
    if (!seen) first.set(key, node)
    else if (!node.outputs.some(output => world.isOutput(output))) take(world, node, seen)
    else if (!seen.outputs.some(output => world.isOutput(output))) {
      take(world, seen, node)
      first.set(key, node)
    }
  }
}

/** `kept` gives what `gone` gave. */
function take(world: World, gone: Node, kept: Node): void {
  for (const [i, output] of gone.outputs.entries()) if (output !== '') world.replace(output, kept.outputs[i]!)
  world.remove(gone)
}

function keyOf(node: Node, graph: number): string | undefined {
  const { op, domain, overload, inputs, outputs, attributes } = node
  if (!isDeterministic(node)) return undefined
  const parts: string[] = []
  for (const [name, value] of Object.entries(attributes)) {
    const text = textOf(value)
    if (text === undefined) return undefined
    parts.push(`${name}=${text}`)
  }
  // Names may have any character, so they are quoted.
  const given = outputs.map(output => output !== '')
  return JSON.stringify([graph, domain, op, overload, inputs, given, parts.sort()])
}

/** Equal for equal attributes only; undefined for those that are not compared. */
function textOf(value: OnnxAttribute): string | undefined {
  if ('graph' in value || 'graphs' in value || 'parameter' in value || 'long' in value) return undefined
  if (!('tensor' in value)) return JSON.stringify(value, exact)
  const { dtype, shape, data } = value.tensor
  if (!(data instanceof Uint8Array) || data.byteLength > MAX_COMPARED_BYTES) return undefined
  return `${dtype} ${shape} ${Buffer.from(data).toString('hex')}`
}

/** JSON has no big integers, no NaN, and one zero. */
function exact(_: string, item: unknown): unknown {
  if (typeof item === 'bigint') return `${item}n`
  if (typeof item !== 'number') return item
  return Number.isFinite(item) && !Object.is(item, -0) ? item : `${1 / item} ${item}`
}
