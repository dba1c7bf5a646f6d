import type { Lens } from '../engine/lens.ts'
import { MAX_TEXT_BYTES } from '../engine/limits.ts'
import { operatorFault, operatorsIn, PYTHON_ONLY } from '../torchscript/operators.ts'

/** TorchScript's code, which torch compiles: it can call operators, and nothing of Python. */
export const torchscriptLens: Lens = {
  name: 'torchscript-code',
  async scan(content, sink) {
    if (!sink.context.torchscript || !content.name.endsWith('.py')) return undefined
    const { source } = content
    const bytes = await source.read(0, Math.min(source.size, MAX_TEXT_BYTES))
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
    const told = new Set<string>()
    for (const { namespace, name, offset } of operatorsIn(text)) {
      const python = namespace === 'aten' && PYTHON_ONLY.has(name)
      const fault = python ? 'unknown' : operatorFault(namespace, name)
      const operator = `${namespace}::${name}`
      if (!fault || told.has(operator)) continue
      told.add(operator)
      const shown = operator.slice(0, 100)
      sink.add({
        rule: 'torchscript/operator',
        level: fault === 'outside' ? 'unsafe' : 'unknown',
        what:
          fault === 'outside'
            ? `the operator ${shown} reaches files or other machines`
            : `the operator ${shown} comes from a library that is not known`,
        at: { offset },
      })
    }
    return 'torchscript-code'
  },
}
