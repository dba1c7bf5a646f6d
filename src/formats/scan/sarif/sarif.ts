import { describeFinding } from '../describe.ts'
import { RULES, RULES_VERSION, type Rule } from '../rules.ts'
import type { Level, ScanFinding, ScanReport } from '../types.ts'

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
const LEVELS: Readonly<Record<Level, 'error' | 'warning' | 'note'>> = {
  unsafe: 'error',
  unknown: 'warning',
  note: 'note',
}

/** A SARIF 2.1.0 log (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code scanning takes it. */
export interface SarifLog {
  readonly $schema: string
  readonly version: '2.1.0'
  readonly runs: readonly object[]
}

/** A report as SARIF: one run, its rules with their explanations, one result a finding. */
export function toSarif(report: ScanReport): SarifLog {
  const ids = [...new Set(report.findings.map(({ rule }) => rule))].toSorted()
  const index = new Map(ids.map((id, at) => [id, at]))
  const unreadable = report.files.filter(file => file.unreadable !== undefined)
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Ballast',
            semanticVersion: `${RULES_VERSION}.0`,
            rules: ids.map(ruleOf),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: unreadable.length === 0,
            toolExecutionNotifications: unreadable.map(({ path, unreadable: why }) => ({
              level: 'error',
              message: { text: why },
              locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(path) } } }],
            })),
          },
        ],
        artifacts: report.files.map(({ path, size, digest }) => ({
          location: { uri: uriOf(path) },
          length: size,
          ...(digest !== undefined && { hashes: { 'sha-256': digest.slice('sha256:'.length) } }),
        })),
        results: report.findings.map(finding => resultOf(finding, index)),
        properties: { verdict: report.verdict, omitted: report.omitted },
      },
    ],
  }
}

function ruleOf(id: Rule): object {
  const { title, why } = RULES[id]
  return {
    id,
    name: id.replace(/(?:^|[/-])(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: why },
    properties: { tags: ['security', id.slice(0, id.indexOf('/'))] },
  }
}

function resultOf(finding: ScanFinding, index: ReadonlyMap<Rule, number>): object {
  const { rule, level, at } = finding
  const [path, ...inner] = at.file.split('!')
  const region = regionOf(finding, inner.length > 0)
  const logical = [inner.join('!'), at.tensor, at.layer, at.node, at.key].filter(part => part)
  return {
    ruleId: rule,
    ruleIndex: index.get(rule),
    level: LEVELS[level],
    message: { text: describeFinding(finding) },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: uriOf(path!) }, ...(region && { region }) },
        ...(logical.length > 0 && { logicalLocations: [{ fullyQualifiedName: logical.join('#') }] }),
      },
    ],
    properties: { level, ...(at.trace && { trace: at.trace }) },
  }
}

/** Lines of texts; bytes of the file itself, which those of an entry are not. */
function regionOf({ at }: ScanFinding, nested: boolean): object | undefined {
  if (nested) return undefined
  if (at.line !== undefined) return { startLine: at.line }
  return at.offset === undefined ? undefined : { byteOffset: at.offset, byteLength: 1 }
}

/** A relative URI: each part of the path encoded. */
function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
