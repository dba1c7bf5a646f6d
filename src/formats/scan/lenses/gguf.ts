import { ggufTemplates, openGguf } from '../../gguf/index.ts'
import { hasMagic } from '../engine/content.ts'
import { inputOf } from '../engine/input.ts'
import type { Lens } from '../engine/lens.ts'
import { reportTemplate } from '../template/report.ts'

export const ggufLens: Lens = {
  name: 'gguf',
  async scan(content, sink) {
    if (!hasMagic(content, 'GGUF')) return undefined
    const model = await openGguf(inputOf(content))
    try {
      for (const { key, text, offset, cut } of ggufTemplates(model)) {
        reportTemplate(text, { key, offset }, sink)
        if (cut)
          sink.add({
            rule: 'content/limit',
            level: 'unknown',
            what: `the template ${key} is too long to be read`,
            at: { key },
          })
      }
      for (const { key, value } of model.file.metadata) sink.text(key, value)
    } finally {
      await model.close()
    }
    return 'gguf'
  },
}
