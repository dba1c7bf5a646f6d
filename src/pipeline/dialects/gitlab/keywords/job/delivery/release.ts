import type { ReleaseRequest } from '../../../../../types.ts'
import { list, oneOrMore } from '../../reader/composites.ts'
import { type Reader, refine } from '../../reader/reader.ts'
import { choice, text } from '../../reader/scalars.ts'
import { optional, required, struct } from '../../reader/struct.ts'

const MAX_MILESTONES = 100
const MAX_LINKS = 100

const link = struct({
  what: 'a link',
  fields: {
    name: required(text({ expected: 'the name of the link', maxLength: 255 })),
    url: required(text({ expected: 'an address' })),
    link_type: optional(choice(['runbook', 'package', 'image', 'other'])),
    filepath: optional(text({ expected: 'a path' }), {
      warning: 'links of a release go to their own address; there is none below the release',
    }),
  },
})

export const release: Reader<ReleaseRequest> = refine(
  struct({
    what: 'release',
    fields: {
      tag_name: required(text({ expected: 'a tag' })),
      description: required(text({ expected: 'a description, or the path of a file', maxLength: 262_144 })),
      tag_message: optional(text({ expected: 'text', maxLength: 65_536 })),
      name: optional(text({ expected: 'a name' })),
      ref: optional(text({ expected: 'a commit, tag or branch' })),
      milestones: optional(oneOrMore(text({ expected: 'the title of a milestone' }), MAX_MILESTONES)),
      released_at: optional(
        text({
          expected: 'a date such as 2021-03-15T08:00:00Z',
          pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|\$/,
        }),
      ),
      assets: optional(
        struct({ what: 'assets', fields: { links: required(list(link, { min: 1, max: MAX_LINKS })) } }),
      ),
    },
  }),
  read => ({
    tag: read.tag_name,
    description: read.description,
    milestones: read.milestones ?? [],
    links: (read.assets?.links ?? []).map(({ name, url, link_type }) => ({
      name,
      url,
      ...(link_type && { type: link_type }),
    })),
    ...(read.tag_message !== undefined && { tagMessage: read.tag_message }),
    ...(read.name !== undefined && { name: read.name }),
    ...(read.ref !== undefined && { ref: read.ref }),
    ...(read.released_at !== undefined && { releasedAt: read.released_at }),
  }),
)
