import type { Location } from '../../../../core/index.ts'
import { openYaml, type YamlStream } from '../../../yaml/load.ts'
import { type Located, showFound } from '../../../yaml/located.ts'
import type { YamlOptions } from '../../../yaml/options.ts'
import type { Budget } from './budget.ts'
import type { DocumentFindings } from './findings.ts'
import { type GivenInputs, resolveInputs } from './header/inputs.ts'
import { readSpec } from './header/spec.ts'
import type { ComponentField, InputSpec, Spec } from './header/types.ts'
import { interpolatingHooks, restoringHooks } from './interpolation/hooks.ts'
import { type Masked, maskBlocks } from './interpolation/mask.ts'
import { MAX_BLOCKS, MAX_DEPTH, MAX_ENTRY_TOKENS, MAX_FILE_BYTES, MAX_FILE_VALUES } from './limits.ts'
import { readPlain } from './psych.ts'
import { isNothing } from './read.ts'

/** A map as a whole file, with its entries. */
export type TopLevel = Extract<Located, { kind: 'map' }>

export interface FileSource {
  /** For people: `ci/base.yml`, `team/shared:ci/base.yml`, `https://…`. */
  readonly name: string
  readonly text: string
  /** Where it is asked for. */
  readonly at: Location
}

/** What a file may refer to from outside itself. */
export interface FileSurroundings {
  /** Where nothing is given, undefined. */
  given(specs: ReadonlyMap<string, InputSpec>): GivenInputs | undefined
  /** Only a component has them. */
  readonly component?: Readonly<Record<ComponentField, string | null>>
  expand(text: string): string
  /** Inputs of the files that the header includes. */
  inputsFrom(include: Located): Promise<ReadonlyMap<string, InputSpec>>
}

const OPTIONS: YamlOptions = {
  maxBytes: MAX_FILE_BYTES,
  maxDepth: MAX_DEPTH,
  maxValues: MAX_FILE_VALUES,
  maxEntryTokens: MAX_ENTRY_TOKENS,
  tagHint: 'the only tag that CI files have is !reference [job, key]',
  plain: readPlain,
  merge: true,
  duplicates: 'last',
  references: true,
  maxDocuments: 2,
}

/** Parses one CI file, and puts inputs where they are asked for. Undefined, with findings, where it can't be. */
export async function readCiFile(
  source: FileSource,
  surroundings: FileSurroundings,
  budget: Budget,
  findings: DocumentFindings,
): Promise<TopLevel | undefined> {
  if (!budget.takeText(source.at, source.text)) return undefined
  const masked = maskBlocks(source.text)
  const start = { file: source.name, line: 1, column: 1 }
  if (masked.blocks.length > MAX_BLOCKS) {
    return findings.error(start, 'TOO_LARGE', `There are more than ${MAX_BLOCKS} $[[ ]] in one file`)
  }
  if (!budget.takeTokens(start, masked.text)) return undefined
  const first = { hooks: restoringHooks(masked) }
  const stream = openYaml(masked.text, source.name, OPTIONS, findings, first)
  const before = findings.errors
  const opened = stream && openHeader(stream, masked, findings)
  if (!stream || !opened) return undefined
  const content = opened.header
    ? await withInputs(stream, masked, opened.header, surroundings, findings)
    : withoutHeader(stream, masked, source, surroundings, findings)
  if (!content || findings.errors > before) return undefined
  if (content.kind === 'map') return content
  if (isNothing(content)) return { kind: 'map', entries: [], at: content.at }
  return findings.error(content.at, 'BAD_VALUE', 'A CI file is a map of jobs and keywords', {
    found: showFound(content),
  })
}

/** The first of two documents is a header where it has `spec`; without one, GitLab reads the first alone. */
function openHeader(
  stream: YamlStream,
  masked: Masked,
  findings: DocumentFindings,
): { readonly header: Located | undefined } | undefined {
  const [, second] = stream.documents
  if (!second) return { header: undefined }
  const first = stream.read(0, restoringHooks(masked))
  if (!first) return undefined
  if (first.kind === 'map' && first.entries.some(({ key }) => key === 'spec')) return { header: first }
  findings.warn(
    second,
    'YAML_UNSUPPORTED',
    'What comes after this is not read: only a header stands before ---',
    {
      hint: 'put everything in one document, or begin the file with spec:',
    },
  )
  return { header: undefined }
}

function withoutHeader(
  stream: YamlStream,
  masked: Masked,
  source: FileSource,
  surroundings: FileSurroundings,
  findings: DocumentFindings,
): Located | undefined {
  const content = stream.read(0, restoringHooks(masked))
  const spec = content?.kind === 'map' ? content.entries.find(({ key }) => key === 'spec') : undefined
  if (spec) {
    return findings.error(spec.keyAt, 'BAD_VALUE', "'spec' stands in a header of its own", {
      hint: "put a line '---' between it and the jobs",
    })
  }
  const [given] = surroundings.given(new Map())?.values ?? []
  if (given) {
    return findings.error(given[1].at, 'INPUT_UNKNOWN', `${source.name} takes no inputs`, {
      hint: 'declare them in spec: inputs: at its top',
    })
  }
  return content
}

async function withInputs(
  stream: YamlStream,
  masked: Masked,
  header: Located,
  surroundings: FileSurroundings,
  findings: DocumentFindings,
): Promise<Located | undefined> {
  const spec = readSpec(header, findings)
  const specs = spec && (await allInputs(spec, surroundings, findings))
  if (!specs) return undefined
  const given = surroundings.given(specs) ?? { at: header.at, values: new Map() }
  const inputs = resolveInputs(specs, given, findings)
  if (!inputs) return undefined
  const component = componentValues(spec.component ?? [], surroundings, header.at)
  const context = { inputs, component, expand: (text: string) => surroundings.expand(text) }
  return stream.read(1, interpolatingHooks(masked, context, findings))
}

async function allInputs(
  spec: Spec,
  surroundings: FileSurroundings,
  findings: DocumentFindings,
): Promise<ReadonlyMap<string, InputSpec> | undefined> {
  if (!spec.include) return spec.inputs
  if (surroundings.component) {
    return findings.error(spec.include.at, 'NOT_AVAILABLE', 'The header of a component includes no files')
  }
  const before = findings.errors
  const included = await surroundings.inputsFrom(spec.include)
  for (const [name, { at }] of spec.inputs) {
    if (included.has(name))
      findings.error(at, 'INPUT_INVALID', `The input '${name}' is also in an included file`)
  }
  return findings.errors > before ? undefined : new Map([...included, ...spec.inputs])
}

/** A component knows of itself what its `spec: component:` asks for. */
function componentValues(
  fields: readonly ComponentField[],
  { component }: FileSurroundings,
  at: Location,
): ReadonlyMap<string, Located> {
  if (!component) return new Map()
  const facts = fields.map(field => [field, component[field]] as const)
  return new Map(
    facts.map(([field, value]) => [field, { kind: 'scalar', value, text: value ?? '', at } as const]),
  )
}
