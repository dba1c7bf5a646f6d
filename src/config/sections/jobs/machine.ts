import { CoreError, parseSize } from '../../../core/index.ts'
import { type Image, mismatch, type PlannedJob, type Service } from '../../../pipeline/index.ts'
import { list, optional, required, type StructOf, struct } from '../../reader/composites.ts'
import { byKind, type Reader, refine } from '../../reader/reader.ts'
import { choice, flag, number, text } from '../../reader/scalars.ts'
import { oneOrMore } from './commands.ts'
import { variables } from './variables.ts'

const MAX_SERVICES = 20
const MAX_LABELS = 20
const MAX_WORDS = 50

const imageName = text({
  expected: 'the name of an image, such as python:3.13-slim',
  pattern: /^[A-Za-z0-9][A-Za-z0-9._/:@-]*$/,
  maxLength: 500,
})
const word = text({ expected: 'a word of a command', pattern: /^[^\u0000]*$/, maxLength: 4096 })
const words = list(word, { max: MAX_WORDS })
const pull = choice(['always', 'if-not-present', 'never'])

const image: Reader<Image> = byKind({
  scalar: refine(imageName, (name): Image => ({ name, pullPolicy: [] })),
  map: refine(
    struct({
      what: 'an image',
      fields: {
        name: required(imageName, 'the image'),
        entrypoint: optional(words, 'what runs in it instead of its own entry point'),
        pull: optional(pull, 'when to fetch it'),
      },
    }),
    ({ name, entrypoint, pull: policy }): Image => ({
      name,
      ...(entrypoint && { entrypoint }),
      pullPolicy: policy ? [policy] : [],
    }),
  ),
})

const alias = text({
  expected: 'a host name',
  pattern: /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
  maxLength: 63,
})

const service: Reader<Service> = byKind({
  scalar: refine(imageName, (name): Service => ({ name, pullPolicy: [], aliases: [], variables: {} })),
  map: refine(
    struct({
      what: 'a service',
      fields: {
        image: required(imageName, 'the image'),
        alias: optional(oneOrMore(alias, 10), 'host names under which the job reaches it'),
        command: optional(words, 'what it runs'),
        env: optional(variables, 'its environment variables'),
      },
    }),
    ({ image: name, alias: aliases = [], command, env = [] }): Service => ({
      name,
      pullPolicy: [],
      aliases,
      ...(command && { command }),
      variables: Object.fromEntries(env.map(variable => [variable.name, variable.value])),
    }),
  ),
})

const SIZE = 'a size such as 512 MB or 4 GiB'
const SIZE_PATTERN = /^\s*\d+(\.\d+)?\s*(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)\s*$/
const size: Reader<number> = refine(
  text({ expected: SIZE, pattern: SIZE_PATTERN, maxLength: 40 }),
  (written, node, place) => {
    try {
      return parseSize(written)
    } catch (error) {
      if (error instanceof CoreError) return mismatch(node, place, SIZE)
      throw error
    }
  },
)

const label = text({ expected: 'a label of runners', pattern: /^[^\s,\u0000]+$/, maxLength: 100 })

/** What a job asks of the machine that runs it. */
export const machineFields = {
  labels: optional(oneOrMore(label, MAX_LABELS), 'only runners that have all of these labels take it'),
  image: optional(image, 'the container image it runs in; default: the runner itself, sandboxed'),
  services: optional(list(service, { max: MAX_SERVICES }), 'containers that run beside it'),
  cpu: optional(number({ above: 0, expected: 'a number of cores' }), 'cores that it takes of its runner'),
  memory: optional(size, 'memory that it takes of its runner'),
  network: optional(flag(), 'whether it reaches the network', true),
  read_only: optional(flag(), 'whether only its workspace, home and /tmp can be written', false),
}

type WrittenMachine = StructOf<typeof machineFields>

export function machineOf(job: WrittenMachine): Partial<PlannedJob> {
  const { labels, image: wanted, services, cpu, memory, network, read_only: readOnlyRoot } = job
  const resources = {
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memoryBytes: memory }),
  }
  return {
    ...(labels && { labels }),
    ...(wanted && { image: wanted }),
    ...(services && { services }),
    ...(Object.keys(resources).length > 0 && { resources }),
    ...(network === false && { network }),
    ...(readOnlyRoot && { readOnlyRoot }),
  }
}
