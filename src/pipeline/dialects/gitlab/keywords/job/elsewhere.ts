import { byKind, type Reader } from '../reader/reader.ts'
import { choice, text } from '../reader/scalars.ts'
import { optional, struct } from '../reader/struct.ts'

/** What only GitLab's own products act on. A file that has it runs here as on a GitLab without them. */

/** Whatever stands there. */
export const anything: Reader<true> = { expected: 'anything', keywords: [], read: () => true }

const profile = optional(text({ expected: 'the name of a profile', maxLength: 255 }))

export const dastConfiguration = struct({
  what: 'dast_configuration',
  fields: { site_profile: profile, scanner_profile: profile },
})
export const DAST =
  "no effect: profiles are of GitLab's DAST; what the scanner is to know is for variables to say"

export const identity = byKind({ scalar: choice(['google_cloud']) })
export const IDENTITY =
  "no effect: it is GitLab.com's own federation; ask for an id token (id_tokens) and exchange it in the script"

export const KUBERNETES =
  "no effect: it shows GitLab's dashboard of the cluster; the script deploys, as it does in GitLab"
