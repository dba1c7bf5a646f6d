import type { ChildSource, InputValue, TriggerWork } from '../../../../../types.ts'
import type { Located } from '../../../../../yaml/located.ts'
import { mismatch } from '../../../../../yaml/place.ts'
import { flatten, list, mapOf, oneOrMore } from '../../reader/composites.ts'
import { byKind, type Place, type Reader, refine } from '../../reader/reader.ts'
import { choice, flag, text } from '../../reader/scalars.ts'
import { optional, type StructOf, struct } from '../../reader/struct.ts'

/** GitLab's own limit of files for one child. */
const MAX_SOURCES = 3
const MAX_INPUTS = 200
const MAX_INPUT = 65_536

const file = text({ expected: 'the path of a .yml or .yaml file', pattern: /\.ya?ml$|\$/ })
const project = text({ expected: 'the path of a project' })

const scalarInput: Reader<string | number | boolean> = {
  expected: 'text, a number, true, false, or a list of texts',
  keywords: [],
  read(node, place) {
    const value = node.kind === 'scalar' ? node.value : null
    if (value === null || (typeof value === 'string' && value.length > MAX_INPUT)) {
      return mismatch(node, place, scalarInput.expected)
    }
    return value
  },
}

const inputs: Reader<Readonly<Record<string, InputValue>>> = refine(
  mapOf({
    key: { pattern: /^[A-Za-z0-9_-]+$/, expected: 'the name of an input' },
    value: byKind<string | number | boolean, readonly string[]>({
      scalar: scalarInput,
      list: { ...list(scalarInput, { max: MAX_INPUTS }), read: readTexts },
    }),
    max: MAX_INPUTS,
    shown: '<NAME>',
  }),
  entries => Object.fromEntries(entries.map(({ name, value }) => [name, value])),
)

function readTexts(node: Located, place: Place): readonly string[] | undefined {
  const texts = flatten(node, MAX_INPUTS, place)?.map(item => scalarInput.read(item, place))
  return texts?.every(value => value !== undefined) ? texts.map(String) : undefined
}

const includeFields = {
  local: optional(file),
  artifact: optional(file),
  job: optional(text({ expected: 'the name of a job', maxLength: 255 })),
  project: optional(project),
  file: optional(oneOrMore(file, MAX_SOURCES, 1)),
  ref: optional(text({ expected: 'a branch, tag or commit' })),
  template: optional(file),
  component: optional(
    text({ expected: 'the address of a component (host/project/name@version)', maxLength: 1000 }),
  ),
  remote: optional(text({ expected: 'an address', pattern: /^https:\/\// })),
  integrity: optional(text({ expected: 'sha256- and a digest', pattern: /^sha256-\S+$/ })),
  inputs: optional(inputs),
}

/** Keys of which an include has exactly one, and those that each of them needs. */
const PLACES = {
  local: [],
  artifact: ['job'],
  project: ['file'],
  template: [],
  component: [],
  remote: [],
} as const

const include: Reader<readonly ChildSource[]> = byKind<readonly ChildSource[], never, readonly ChildSource[]>(
  {
    scalar: refine(file, path => [{ kind: 'local', file: path }]),
    map: refine(
      struct({
        what: 'include of a trigger',
        fields: includeFields,
      }),
      (read, node, place) => {
        const named = (Object.keys(PLACES) as (keyof typeof PLACES)[]).filter(key => read[key] !== undefined)
        const [kind] = named
        const missing = kind && PLACES[kind].find(key => read[key] === undefined)
        if (kind === undefined || named.length > 1 || missing) {
          const expected = missing
            ? `'${missing}' with '${kind}'`
            : `one of ${Object.keys(PLACES).join(', ')}`
          return mismatch(node, place, expected)
        }
        const { inputs } = read
        return sourcesOf(kind, read).map(source => ({ ...source, ...(inputs && { inputs }) }))
      },
    ),
  },
)

function sourcesOf(kind: keyof typeof PLACES, read: StructOf<typeof includeFields>): readonly ChildSource[] {
  const { integrity, ref } = read
  if (kind === 'local') return [{ kind, file: read.local! }]
  if (kind === 'artifact') return [{ kind, job: read.job!, file: read.artifact! }]
  if (kind === 'template') return [{ kind, name: read.template! }]
  if (kind === 'component') return [{ kind, address: read.component! }]
  if (kind === 'remote') return [{ kind, url: read.remote!, ...(integrity !== undefined && { integrity }) }]
  return read.file!.map(path => ({
    kind: 'project',
    project: read.project!,
    file: path,
    ...(ref !== undefined && { ref }),
  }))
}

const fields = {
  project: optional(project),
  branch: optional(text({ expected: 'the name of a branch' })),
  include: optional(oneOrMore(include, MAX_SOURCES, 1)),
  strategy: optional(choice(['depend', 'mirror'])),
  forward: optional(
    struct({
      what: 'forward',
      fields: { yaml_variables: optional(flag()), pipeline_variables: optional(flag()) },
    }),
  ),
  inputs: optional(inputs),
}

const DEFAULTS = {
  kind: 'trigger',
  strategy: 'none',
  forward: { yamlVariables: true, pipelineVariables: false },
  inputs: {},
} as const

/** Projects, branches and files may have variables in them. */
export const trigger: Reader<TriggerWork> = byKind<TriggerWork, never, TriggerWork>({
  scalar: refine(project, path => ({ ...DEFAULTS, target: { kind: 'project', project: path } })),
  map: refine(
    struct({ what: 'trigger', fields, exclusive: [['project', 'include']] }),
    (read, node, place) => {
      const target = targetOf(read)
      if (!target) return mismatch(node, place, "'project' or 'include'")
      return {
        ...DEFAULTS,
        target,
        strategy: read.strategy ?? 'none',
        forward: {
          yamlVariables: read.forward?.yaml_variables ?? true,
          pipelineVariables: read.forward?.pipeline_variables ?? false,
        },
        inputs: read.inputs ?? {},
      }
    },
  ),
})

function targetOf(read: StructOf<typeof fields>): TriggerWork['target'] | undefined {
  const { include: children, project: path, branch } = read
  if (children) return { kind: 'child', sources: children.flat() }
  if (path === undefined) return undefined
  return { kind: 'project', project: path, ...(branch !== undefined && { branch }) }
}
