import { list, oneOrMore } from '../../reader/composites.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { choice, plainText, text } from '../../reader/scalars.ts'
import { optional, required, type StructOf, struct } from '../../reader/struct.ts'
import { script } from './script.ts'
import { plainVariables } from './variables.ts'

/** Containers beside one job: more than a machine would run for it. */
const MAX_SERVICES = 50
const MAX_ARGUMENTS = 200

const imageName = text({ expected: 'the name of an image' })
const argument = text({ expected: 'text', empty: true, maxLength: 32_768 })
const KUBERNETES = 'for the Kubernetes executor alone; no effect on others, as in GitLab'

const fields = {
  name: required(imageName),
  entrypoint: optional(list(argument, { max: MAX_ARGUMENTS })),
  pull_policy: optional(oneOrMore(choice(['always', 'if-not-present', 'never']), 3, 1)),
  docker: optional(
    struct({
      what: 'docker',
      fields: {
        platform: optional(text({ expected: 'a platform such as linux/arm64' })),
        user: optional(text({ expected: 'a user, or user:group', maxLength: 255 })),
      },
    }),
  ),
  kubernetes: optional(
    struct({
      what: 'kubernetes',
      fields: { user: optional(plainText(255)) },
    }),
    { warning: KUBERNETES },
  ),
}

const serviceFields = {
  ...fields,
  alias: optional(text({ expected: 'host names, with spaces or commas between them' })),
  command: optional(
    byKind({
      scalar: refine(argument, value => [value]),
      list: refine(script({ empty: true }), ({ commands }) => commands),
    }),
  ),
  variables: optional(plainVariables),
}

export type WrittenImage = Partial<StructOf<typeof fields>> & { readonly name: string }
export type WrittenService = Partial<StructOf<typeof serviceFields>> & { readonly name: string }

export const image: Reader<WrittenImage> = byKind({
  scalar: refine(imageName, (name): WrittenImage => ({ name })),
  map: struct({ what: 'image', fields }) as Reader<WrittenImage>,
})

const service: Reader<WrittenService> = byKind({
  scalar: refine(imageName, (name): WrittenService => ({ name })),
  map: struct({ what: 'a service', fields: serviceFields }) as Reader<WrittenService>,
})

export const services: Reader<readonly WrittenService[]> = list(service, { max: MAX_SERVICES, nested: true })
