import { periodOrVariable } from '../../reader/durations.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { flag, text } from '../../reader/scalars.ts'
import { optional, struct } from '../../reader/struct.ts'

const KEPT = 'no site is served: the folder is kept as an artifact'

/** false: no site, although the job may be named pages. Else the folder, where it is named. */
export const pages: Reader<false | { readonly publish?: string }> = byKind<
  false | Record<string, never>,
  never,
  { readonly publish?: string }
>({
  scalar: refine(flag(), wanted => (wanted ? {} : false)),
  map: refine(
    struct({
      what: 'pages',
      fields: {
        publish: optional(text({ expected: 'a folder' })),
        path_prefix: optional(text({ expected: 'text', empty: true }), { warning: KEPT }),
        expire_in: optional(periodOrVariable, { warning: KEPT }),
      },
    }),
    read => (read.publish === undefined ? {} : { publish: read.publish }),
  ),
})
