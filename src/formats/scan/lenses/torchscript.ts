import type { Lens } from '../engine/lens.ts'
import { MAX_TEXT_BYTES } from '../engine/limits.ts'
import { operatorFault } from '../torchscript/operators.ts'

/** Operators that reach files. */
const FILES = /\b(?:torch|ops\.aten|aten)\.(from_file|save|load)\s*\(/g
const OPERATORS = /\bops\.(\w+)\.(\w+)\s*\(/g

/** TorchScript's code, which torch compiles: it can call operators, and nothing of Python. */
export const torchscriptLens: Lens = {
  name: 'torchscript-code',
  async scan(content, sink) {
    if (!sink.context.torchscript || !content.name.endsWith('.py')) return undefined
    const { source } = content
    const bytes = await source.read(0, Math.min(source.size, MAX_TEXT_BYTES))
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    for (const { 1: name, index } of text.matchAll(FILES))
      sink.add({
        rule: 'torchscript/operator',
        level: 'unsafe',
        what: `torch.${name} reads or writes a file`,
        at: { offset: index },
      })
    const strange = new Set<string>()
    for (const { 1: namespace, 2: name } of text.matchAll(OPERATORS))
      if (operatorFault(namespace!, name!) === 'unknown') strange.add(`${namespace}::${name}`)
    for (const operator of strange)
      sink.add({
        rule: 'torchscript/operator',
        level: 'unknown',
        what: `the operator ${operator.slice(0, 100)} comes from a library that is not known`,
      })
    return 'torchscript-code'
  },
}
