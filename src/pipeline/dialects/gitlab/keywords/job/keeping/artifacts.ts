import type { ReportKind } from '../../../../../types.ts'
import { list, oneOrMore } from '../../reader/composites.ts'
import { expiry } from '../../reader/durations.ts'
import { type Reader, refine } from '../../reader/reader.ts'
import { choice, flag, text } from '../../reader/scalars.ts'
import { type Field, optional, required, type StructOf, struct } from '../../reader/struct.ts'

const MAX_PATHS = 500

const path = text({ expected: 'a path or pattern' })
const paths = list(path, { max: MAX_PATHS, nested: true })
const reportPaths = oneOrMore(path, MAX_PATHS)

export interface WrittenReport {
  /** Absent: kept, and read by nobody. */
  readonly kind?: ReportKind
  readonly paths: readonly string[]
}

/** Reports of GitLab's scanners and views. */
const KEPT_REPORTS = [
  'accessibility',
  'annotations',
  'api_fuzzing',
  'browser_performance',
  'cluster_image_scanning',
  'codequality',
  'container_scanning',
  'coverage_fuzzing',
  'cyclonedx',
  'dast',
  'dependency_scanning',
  'license_management',
  'license_scanning',
  'load_performance',
  'lsif',
  'performance',
  'repository_xray',
  'requirements',
  'sast',
  'secret_detection',
  'terraform',
] as const

const KEPT: Field<readonly string[], false> = optional(reportPaths, {
  warning: 'this report is kept as an artifact; no view of Ballast reads it',
})
const kept = Object.fromEntries(KEPT_REPORTS.map(name => [name, KEPT])) as Record<
  (typeof KEPT_REPORTS)[number],
  typeof KEPT
>

const reports: Reader<readonly WrittenReport[]> = refine(
  struct({
    what: 'reports',
    fields: {
      junit: optional(reportPaths),
      dotenv: optional(reportPaths),
      coverage_report: optional(
        struct({
          what: 'coverage_report',
          fields: {
            coverage_format: required(choice(['cobertura', 'jacoco'])),
            path: required(path),
          },
        }),
      ),
      cobertura: optional(reportPaths, {
        warning:
          'GitLab has replaced it by coverage_report with coverage_format: cobertura, as which it is read',
      }),
      metrics: optional(reportPaths),
      ...kept,
    },
  }),
  read => [
    ...(['junit', 'dotenv', 'metrics'] as const).flatMap((kind): WrittenReport[] =>
      read[kind] ? [{ kind, paths: read[kind] }] : [],
    ),
    ...(read.cobertura ? [{ kind: 'coverage', paths: read.cobertura } as const] : []),
    ...(read.coverage_report ? [{ kind: 'coverage', paths: [read.coverage_report.path] } as const] : []),
    ...KEPT_REPORTS.flatMap((name): WrittenReport[] => (read[name] ? [{ paths: read[name] }] : [])),
  ],
)

const fields = {
  paths: optional(paths),
  exclude: optional(paths),
  expire_in: optional(expiry),
  expose_as: optional(text({ expected: 'the text of a link', maxLength: 100 }), {
    warning: 'artifacts are on the page of the job; merge requests have no link of this name',
  }),
  name: optional(text({ expected: 'the name of an archive' })),
  untracked: optional(flag()),
  when: optional(choice(['on_success', 'on_failure', 'always'])),
  public: optional(flag(), { note: 'false is access: developer' }),
  access: optional(choice(['all', 'developer', 'maintainer', 'none'])),
  reports: optional(reports),
}

export type WrittenArtifacts = StructOf<typeof fields>

export const artifacts: Reader<WrittenArtifacts> = struct({
  what: 'artifacts',
  fields,
  exclusive: [['public', 'access']],
})
