import { surveyTar } from '../../tar/survey.ts'
import type { TarHazardKind } from '../../tar/types.ts'
import { hasMagic } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'
import type { Rule } from '../rules.ts'
import type { Level } from '../types.ts'

/** As for zip: unsafe is what harms when unpacked or shows loaders something else; accidents are unknown. */
const MEANING: Readonly<Record<TarHazardKind, readonly [rule: Rule, level: Level]>> = {
  truncated: ['archive/malformed', 'unknown'],
  'header-broken': ['archive/malformed', 'unknown'],
  'data-after': ['archive/hidden-entry', 'unknown'],
  'too-many': ['content/limit', 'unknown'],
  link: ['archive/link', 'unknown'],
  'link-out': ['archive/link', 'unsafe'],
  'special-file': ['archive/link', 'unsafe'],
  'unknown-type': ['archive/malformed', 'unknown'],
  sparse: ['archive/method', 'unknown'],
  'size-differs': ['archive/disagreement', 'unsafe'],
  'duplicate-name': ['archive/duplicate', 'unknown'],
  'case-only': ['archive/duplicate', 'unknown'],
  'absolute-name': ['archive/path', 'unsafe'],
  'climbing-name': ['archive/path', 'unsafe'],
  backslash: ['archive/path', 'unknown'],
  'nul-in-name': ['archive/path', 'unsafe'],
  'control-in-name': ['archive/path', 'unknown'],
  'empty-name': ['archive/malformed', 'unknown'],
  'not-utf8': ['archive/malformed', 'note'],
}

/** Tar archives: PyTorch's oldest files, and models as they are shipped. */
export const tarLens: Lens = {
  name: 'tar',
  async scan(content, sink) {
    if (!hasMagic(content, 'ustar', 257)) return undefined
    const { entries, hazards } = await surveyTar(content.source)
    for (const { kind, detail, offset } of hazards) {
      const [rule, level] = MEANING[kind]
      if (!sink.context.speculative || level === 'unsafe')
        sink.add({ rule, level, what: detail, at: { offset } })
    }
    for (const entry of entries) {
      if (entry.kind === 'file' && entry.size > 0) await sink.descend(entry.open(), entry.name)
    }
    return 'tar'
  },
}
