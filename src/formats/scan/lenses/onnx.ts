import { FormatsError } from '../../errors.ts'
import { type OnnxHazard, onnxHazards } from '../../onnx/hazards/hazards.ts'
import { inspectOnnx } from '../../onnx/inspect.ts'
import { protobufKind } from '../../open/protobuf-kind.ts'
import type { Content } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'
import type { Rule } from '../rules.ts'
import type { Level } from '../types.ts'

const MEANING = {
  'external-path': ['onnx/external-path', 'unsafe'],
  'unknown-domain': ['onnx/custom-op', 'unknown'],
  'unknown-op': ['onnx/custom-op', 'unknown'],
  'python-op': ['onnx/python-op', 'unsafe'],
  'native-code': ['onnx/custom-op', 'unsafe'],
  'file-op': ['onnx/external-path', 'unsafe'],
} as const satisfies Readonly<Record<string, readonly [Rule, Level]>>

export const onnxLens: Lens = {
  name: 'onnx',
  async scan(content, sink) {
    if ((await protobufKind(content.source)) !== 'onnx') return undefined
    const hazards = await hazardsOf(content)
    if (!hazards) return undefined
    for (const { kind, node, tensor, offset, detail } of hazards) {
      const [rule, level] = MEANING[kind]
      sink.add({
        rule,
        level,
        what: detail,
        at: { offset, ...(node && { node }), ...(tensor && { tensor }) },
      })
    }
    try {
      const { metadata, external } = await inspectOnnx(content.source)
      for (const { key, value } of metadata) sink.text(key, value)
      for (const { location } of external) {
        sink.beside(location)
        if (!/_ORT_MEM_ADDR_/.test(location)) continue
        const what = `the location '${location.slice(0, 100)}', by which ONNX Runtime reads its own memory`
        sink.add({ rule: 'onnx/external-path', level: 'unsafe', what })
      }
    } catch (error) {
      // The path was told above, with its tensor.
      if (!(error instanceof FormatsError && error.code === 'ONNX_EXTERNAL_PATH')) throw error
    }
    return 'onnx'
  },
}

/** Other messages have such fields, too: undefined for them, where the name does not say ONNX. */
async function hazardsOf({ source, name }: Content): Promise<readonly OnnxHazard[] | undefined> {
  try {
    return await onnxHazards(source)
  } catch (error) {
    const other = error instanceof FormatsError && /^(?:NOT_ONNX|ONNX_MALFORMED)$/.test(error.code)
    if (other && !name.endsWith('.onnx')) return undefined
    throw error
  }
}
