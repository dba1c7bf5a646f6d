import type { GraphNode, ModelGraph, Signature, SignatureValue } from '../../types.ts'
import { type Method, type ScriptClass, splitList } from './code.ts'

/** Methods as nodes of a graph of code: parameters in, types out; operators as often as the code names them. */
export function graphOf(classes: readonly ScriptClass[], root: string): ModelGraph {
  const counts = new Map<string, number>()
  const nodes: GraphNode[] = []
  for (const { name, base, methods } of classes) {
    for (const method of methods) {
      nodes.push({
        name: `${name}.${method.name}`,
        op: base === '' ? 'function' : 'method',
        inputs: method.parameters.map(({ name: parameter, type }) => `${parameter}: ${type}`),
        outputs: method.returns === '' ? [] : [method.returns],
        ...(method.calls.size > 0 && { attributes: { calls: [...method.calls.keys()] } }),
      })
      for (const [call, count] of method.calls) counts.set(call, (counts.get(call) ?? 0) + count)
    }
  }
  const operators = Array.from(counts, ([call, count]) => {
    const dot = call.lastIndexOf('.')
    return { name: call.slice(dot + 1), domain: call.slice(0, dot), count }
  }).toSorted((a, b) => b.count - a.count)
  return { name: root, kind: 'code', nodes, subgraphs: [], operators }
}

/** What `forward` takes and gives. TorchScript's tensors have neither types nor shapes. */
export function signatureOf({ name, parameters, returns }: Method): Signature {
  const tuple = /^Tuple\[(.*)\]$/.exec(returns)?.[1]
  const outputs = tuple === undefined ? [returns] : splitList(`${tuple})`)[0]
  return {
    name,
    inputs: parameters.map(parameter => typedValue(parameter.name, parameter.type)),
    outputs: outputs
      .filter(type => type !== '' && type !== 'NoneType')
      .map((type, i) => typedValue(`output${i}`, type)),
  }
}

const KINDS: ReadonlyMap<string, SignatureValue['kind']> = new Map([
  ['Tensor', 'tensor'],
  ['List', 'sequence'],
  ['Dict', 'map'],
  ['Optional', 'optional'],
  ['Tuple', 'sequence'],
] as const)

function typedValue(name: string, type: string): SignatureValue {
  return { name, kind: KINDS.get(/^\w+/.exec(type)?.[0] ?? '') ?? 'unknown' }
}
