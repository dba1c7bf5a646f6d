import type { OpenModel } from '../ports.ts'
import type { GgufValue } from './values.ts'

/** A template that an application would run: Jinja, for chats. */
export interface GgufTemplate {
  readonly key: string
  readonly text: string
  /** Of its first byte in the file. */
  readonly offset: number
  /** It is longer than MAX_STRING_BYTES, and `text` only its beginning. */
  readonly cut: boolean
}

/** What `openGguf` gives. */
export interface GgufModel extends OpenModel {
  readonly templates: readonly GgufTemplate[]
}

/** The templates of a model that `openGguf` opened, whole; none of any other. */
export function ggufTemplates(model: OpenModel): readonly GgufTemplate[] {
  return model.file.format === 'gguf' && 'templates' in model ? (model as GgufModel).templates : []
}

/** Chat templates by their key, and what looks like a template under any other. */
export function templatesIn(metadata: ReadonlyMap<string, GgufValue>): readonly GgufTemplate[] {
  const templates: GgufTemplate[] = []
  for (const [key, value] of metadata) {
    if (value.type !== 'string') continue
    const { text, offset, cut } = value.value
    if (/(?:^|\.)chat_template(?:\.|$)/.test(key) || /\{[{%#]/.test(text))
      templates.push({ key, text, offset, cut })
  }
  return templates
}
